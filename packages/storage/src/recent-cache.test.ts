import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { overheadOctets, RecentCache } from "./recent-cache.ts";

test("what was used last is kept, in the order of its use, and never more than allowed", () => {
  const use = fc.record({ key: fc.nat(9), octets: fc.nat(3000), isNew: fc.boolean() });
  fc.assert(
    fc.property(fc.array(use, { maxLength: 200 }), fc.nat(8000), (uses, octetsMax) => {
      const cache = new RecentCache<number, number>(octetsMax);
      let model: { key: number; value: number; cost: number }[] = [];
      for (const [value, { key, octets, isNew }] of uses.entries()) {
        const known = model.find((each) => each.key === key);
        model = model.filter((each) => each !== known);
        if (isNew) {
          cache.set(key, value, octets);
          const cost = octets + overheadOctets;
          if (cost <= octetsMax) model.push({ key, value, cost });
          while (model.reduce((sum, each) => sum + each.cost, 0) > octetsMax) model.shift();
        } else {
          assert.equal(cache.has(key), known !== undefined);
          assert.equal(cache.get(key), known?.value);
          if (known !== undefined) model.push(known);
        }
      }
      for (const { key, value } of model) assert.equal(cache.get(key), value);
      assert.equal(
        Array.from({ length: 10 }, (_, key) => key).filter((key) => cache.has(key)).length,
        model.length,
      );
    }),
  );
});
