import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeBase64, encodeBase64 } from "./base64.ts";

const decoded = (text: string): Uint8Array | undefined => decodeBase64(Buffer.from(text, "latin1"));

test("what is encoded is what the platform makes of it, and is decoded again. RFC 4648 §4", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const text = encodeBase64(octets);
      assert.equal(text, Buffer.from(octets).toString("base64"));
      assert.deepEqual(decoded(text), octets);
    }),
  );
});

test("only what encoding can make is decoded. RFC 4648 §3", () => {
  const digit = fc.constantFrom(...Array.from("AQgw9z+/=-_ \r\0\xff"));
  fc.assert(
    fc.property(fc.string({ unit: digit, maxLength: 12 }), (text) => {
      const octets = decoded(text);
      const isCanonical = Buffer.from(text, "base64").toString("base64") === text;
      assert.equal(octets !== undefined, isCanonical);
      if (octets !== undefined) assert.equal(encodeBase64(octets), text);
    }),
    { numRuns: 2_000 },
  );
});

test("padding, aliens and bits left over are refused, each for itself", () => {
  for (const text of ["A", "AA", "AAA", "A===", "====", "AA=A", "=AAA", "AAAA====", "AA==AAAA"]) {
    assert.equal(decoded(text), undefined, text);
  }
  for (const text of ["AA A", " AAAA", "AAAA ", "AA\tA", "A-A_", "AAA\xc1", "AB==", "AAB="]) {
    assert.equal(decoded(text), undefined, text);
  }
  assert.deepEqual(decoded(""), new Uint8Array(0));
});

test("64 KiB are decoded in well under a tick of a busy server", () => {
  const text = Buffer.from("VVVV".repeat(16_384));
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 20; time += 1) {
    const begun = performance.now();
    decodeBase64(text);
    best = Math.min(best, performance.now() - begun);
  }
  assert.ok(best < 5, `${best} ms`);
});
