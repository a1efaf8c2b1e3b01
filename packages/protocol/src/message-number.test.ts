import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseNumber } from "./message-number.ts";

test("every number that is written in digits is read, with leading zeroes too", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(9), (number, zeroes) => {
      assert.equal(parseNumber("0".repeat(zeroes) + String(number)), number);
    }),
  );
});

test("nothing but digits is a number. RFC 1939 §3", () => {
  for (const word of [
    "",
    "-1",
    "+1",
    "1e3",
    "0x1",
    "1.0",
    " 1",
    "1 ",
    "1x",
    "1\n",
    "²",
    "١",
    "Infinity",
    "NaN",
  ]) {
    assert.equal(parseNumber(word), undefined, JSON.stringify(word));
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (word) => {
      assert.equal(parseNumber(word) === undefined, !/^[0-9]+$/.test(word));
    }),
  );
});

test("a number of many digits is large: it wraps round to none that exists", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[1-9][0-9]{11,248}$/), (digits) => {
      assert.ok((parseNumber(digits) ?? 0) > 10_000_000_000);
    }),
  );
});
