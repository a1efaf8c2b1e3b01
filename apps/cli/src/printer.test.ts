import assert from "node:assert/strict";
import { test } from "node:test";
import { asJson, printable, printableLine } from "./printer.ts";

const evil = "a\u001b[2J\u009b2J\u007f\u202e\u{e0041}é\n";

test("mail that is printed on a terminal is shown, and not obeyed", () => {
  const line = Buffer.from("a\tb\u001b]0;title\u0007\u202eé\r\n");
  assert.equal(printableLine(line), "a\tb\u{fffd}]0;title\u{fffd}\u{fffd}é\n");
});

test("neither words nor JSON on a terminal steer it, and JSON stays what it was", () => {
  assert.doesNotMatch(printable(evil), /[\p{Cc}\p{Cf}]/u);
  const json = asJson([{ subject: evil }]);
  assert.doesNotMatch(json, /(?!\n)[\p{Cc}\p{Cf}]/u);
  assert.deepEqual(JSON.parse(json), [{ subject: evil }]);
});
