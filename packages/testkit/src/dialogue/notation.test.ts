import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Captures, isMatch, octetsOf, shown } from "./notation.ts";

const sent = (text: string, captures?: Captures): string =>
  Buffer.from(octetsOf(text, captures)).toString("latin1");

test("a client line is sent as it stands, but for its escapes", () => {
  assert.equal(sent(String.raw`RETR *\r\n\0\x7f\xff\\n\$x`), "RETR *\r\n\0\x7f\xff\\n$x");
  assert.equal(sent(String.raw`x\{3}-\x41\{2}\r\n\{2}`), "xxx-AA\r\n\n");
  assert.equal(sent("ä"), "\xc3\xa4");
});

test("base64 is written as what it stands for", () => {
  assert.equal(sent(String.raw`AUTH PLAIN \b{\0a\0b}`), "AUTH PLAIN AGEAYg==");
  assert.equal(sent(String.raw`\b{}-\b{a\x7d\{3}}-\b{n=*,$x}`), "-YX19fQ==-bj0qLCR4");
  assert.ok(isMatch(String.raw`+ \b{*}`, "+ Kg==", new Map()));
  assert.ok(!isMatch(String.raw`+ \b{*}`, "+ AA==", new Map()));
});

test("what was captured is sent again, and what was not stays", () => {
  assert.equal(sent("DELE $number $other", new Map([["number", "7"]])), "DELE 7 $other");
});

test("a line that is shown and read back is the same line", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      const text = Buffer.from(octets).toString("latin1");
      const written = shown(text).replace(/[*$]/g, (special) => `\\${special}`);
      assert.deepEqual(Buffer.from(octetsOf(written)), Buffer.from(octets));
      assert.ok(isMatch(written, text, new Map()));
    }),
  );
});

test("a pattern is literal but for its wildcards", () => {
  assert.ok(isMatch("+OK *", "+OK 2 messages (320 octets)", new Map()));
  assert.ok(isMatch("+OK *octets)", "+OK 2 messages (320 octets)", new Map()));
  assert.ok(!isMatch("+OK *", "+OK", new Map()));
  assert.ok(!isMatch("+OK", "+OK ", new Map()));
  assert.ok(!isMatch("+OK .", "+OK x", new Map()));
  assert.ok(!isMatch("+OK [ab]", "+OK a", new Map()));
  assert.ok(isMatch(String.raw`\*`, "*", new Map()));
  assert.ok(!isMatch(String.raw`\*`, "x", new Map()));
});

test("a name keeps a word, at the end of a line the rest of it, and means it from then on", () => {
  const captures: Captures = new Map();
  assert.ok(isMatch("+OK $number $text", "+OK 7 and so on", captures));
  assert.deepEqual(Object.fromEntries(captures), { number: "7", text: "and so on" });
  assert.ok(isMatch("$number $text", "7 and so on", captures));
  assert.ok(!isMatch("$number $text", "8 and so on", captures));
  assert.ok(isMatch("$a $a", "x x", captures));
  assert.ok(!isMatch("$b $b", "x y", captures));
});
