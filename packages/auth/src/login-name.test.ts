import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalName } from "./login-name.ts";

test("names differ neither by case nor by Unicode composition", () => {
  assert.equal(canonicalName("Alice@Example.TEST", undefined), "alice@example.test");
  assert.equal(canonicalName("JO\u0308RG@example.test", undefined), "j\u00f6rg@example.test");
});

test("a plain name is completed by the default domain, and left alone without one", () => {
  assert.equal(canonicalName("Alice", "Example.test"), "alice@example.test");
  assert.equal(canonicalName("Alice", undefined), "alice");
  assert.equal(canonicalName("alice@other.test", "example.test"), "alice@other.test");
});

test("what is not on the list of characters is no name", () => {
  const odd = [
    "",
    "@",
    "a@",
    "@b",
    "a b",
    "a\tb",
    "a\0b",
    '"a"@b',
    "a@b@c",
    "a@b_c",
    "a@-b",
    "a@b..c",
    "<a@b>",
  ];
  const hidden = ["a\u200bb", "a\u202eb", "a\u00a0b", "\ud800", "a@b\u3002c", "x".repeat(321)];
  for (const typed of [...odd, ...hidden])
    assert.equal(canonicalName(typed, "example.test"), undefined, typed);
});

test("what nobody sees in a name does not tell names apart, nor does the width of its letters (RFC 4013 §2.1)", () => {
  assert.equal(canonicalName("al\u00adice@example.test", undefined), "alice@example.test");
  assert.equal(canonicalName("\uff41lice@example.test", undefined), "alice@example.test");
});

test("a local part that is written from right to left stands before any domain", () => {
  assert.equal(
    canonicalName("\u05e9\u05dc\u05d5\u05dd@example.test", undefined),
    "\u05e9\u05dc\u05d5\u05dd@example.test",
  );
});

test("a name made to be slow is not", () => {
  const before = process.cpuUsage();
  for (const unit of ["-", "a-", ".", "a.", "\u0301"]) canonicalName(`a@a${unit.repeat(150)}!`, undefined);
  assert(process.cpuUsage(before).user < 100_000);
});

test("usual and unusual addresses are names", () => {
  for (const typed of ["o'neill+tag@mail-1.example.test", "a.b=c/d!e@x", "用户@例子.测试", "1@2"]) {
    assert.equal(canonicalName(typed, undefined), typed);
  }
});

test("the canonical form of any text is its own canonical form", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.tuple(fc.string(), fc.domain()).map(([localPart, domain]) => `${localPart}@${domain}`),
  );
  fc.assert(
    fc.property(texts, (typed) => {
      const name = canonicalName(typed, "example.test");
      if (name !== undefined) assert.equal(canonicalName(name, "other.test"), name);
    }),
  );
});
