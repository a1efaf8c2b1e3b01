import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { VerifiedCache } from "./verified-cache.ts";

test("what was added is there until its time is up, however often it is asked for", () => {
  let now = 0;
  const cache = new VerifiedCache({ entriesMax: 10, ttlMs: 100, now: () => now });
  const key = cache.keyOf(["a"]);
  assert.equal(cache.has(key), false);
  cache.add(key);
  now = 99;
  assert.equal(cache.has(key), true);
  now = 100;
  assert.equal(cache.has(key), false);
  assert.equal(cache.size, 0);
});

test("it never grows beyond its limit; what was not used for longest goes first", () => {
  const cache = new VerifiedCache({ entriesMax: 2, ttlMs: 100, now: () => 0 });
  const [a, b, c] = ["a", "b", "c"].map((part) => cache.keyOf([part]));
  assert(a !== undefined && b !== undefined && c !== undefined);
  cache.add(a);
  cache.add(b);
  cache.has(a);
  cache.add(c);
  assert.deepEqual([cache.has(a), cache.has(b), cache.has(c)], [true, false, true]);
  assert.equal(cache.size, 2);
});

test("keys are equal exactly when all their parts are", () => {
  const cache = new VerifiedCache({ entriesMax: 1, ttlMs: 1, now: () => 0 });
  const parts = fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.nat(20), fc.uint8Array({ maxLength: 3 })));
  const plain = (list: readonly (string | number | Uint8Array)[]): string[] =>
    list.map((part) => Buffer.from(typeof part === "object" ? part : String(part)).toString("hex"));
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const isSame = JSON.stringify(plain(one)) === JSON.stringify(plain(other));
      assert.equal(cache.keyOf(one) === cache.keyOf(other), isSame);
    }),
  );
});

test("two processes name the same proof differently, and the name does not show the secret", () => {
  const limits = { entriesMax: 1, ttlMs: 1, now: () => 0 };
  const [one, other] = [new VerifiedCache(limits), new VerifiedCache(limits)];
  assert.notEqual(one.keyOf(["hunter2"]), other.keyOf(["hunter2"]));
  assert.doesNotMatch(one.keyOf(["hunter2"]), /hunter2/);
});
