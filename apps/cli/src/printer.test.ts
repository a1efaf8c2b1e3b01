import assert from "node:assert/strict";
import { test } from "node:test";
import { asJson, printable } from "./printer.ts";

const evil = "a\u001b[2J\u009b2J\u007f\u202e\u{e0041}é\n";

test("neither words nor JSON on a terminal steer it, and JSON stays what it was", () => {
  assert.doesNotMatch(printable(evil), /[\p{Cc}\p{Cf}]/u);
  const json = asJson([{ subject: evil }]);
  assert.doesNotMatch(json, /(?!\n)[\p{Cc}\p{Cf}]/u);
  assert.deepEqual(JSON.parse(json), [{ subject: evil }]);
});
