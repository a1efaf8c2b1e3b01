import assert from "node:assert/strict";
import { test } from "node:test";
import { quotaIn, quotaText } from "./quota-text.ts";

test("octets are typed as the command line takes them", () => {
  for (const [text, octets] of [
    ["0", 0],
    ["1000", 1000],
    ["500M", 500 * 1024 ** 2],
    [" 2g ", 2 * 1024 ** 3],
    ["2GiB", 2 * 1024 ** 3],
    ["10kB", 10_240],
  ] as const) {
    assert.equal(quotaIn(text), octets, text);
  }
});

test("nothing, and none, are no limit", () => {
  for (const text of ["", "  ", "none", "None"]) assert.equal(quotaIn(text), null, text);
});

test("what is no number of octets is not guessed at", () => {
  for (const text of ["plenty", "-1", "1.5G", "1 G", "2X", "G", "9999999999999", "999999999999T", "1e3"]) {
    assert.equal(quotaIn(text), undefined, text);
  }
});

test("a quota that is shown is read as just so many octets", () => {
  for (const octets of [null, 0, 1, 1023, 1024, 1025, 500 * 1024 ** 2, 3 * 1024 ** 4, 2048 * 1024 ** 4]) {
    assert.equal(quotaIn(quotaText(octets)), octets, quotaText(octets));
  }
  assert.equal(quotaText(2 * 1024 ** 3), "2G");
  assert.equal(quotaText(0), "0");
});
