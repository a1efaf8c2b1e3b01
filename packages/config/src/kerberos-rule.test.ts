import assert from "node:assert/strict";
import { test } from "node:test";
import { parseKerberosRule } from "./kerberos-rule.ts";

test("a rule names a realm, perhaps a domain, and whether capital letters count", () => {
  for (const [text, realm, domain, ignoresCase] of [
    ["EXAMPLE.TEST=example.test", "EXAMPLE.TEST", "example.test", false],
    ["EXAMPLE.TEST", "EXAMPLE.TEST", undefined, false],
    ["AD.TEST=Mail.Example.TEST/i", "AD.TEST", "mail.example.test", true],
    ["ad.test/i", "ad.test", undefined, true],
  ] as const) {
    assert.deepEqual(parseKerberosRule(text), { realm, domain, ignoresCase });
  }
});

test("what is no rule is none", () => {
  for (const text of ["", "=example.test", "A=", "A=b/x", "A=b=c", "A B=c", "alice@A=b", "A=..", "A=b c"]) {
    assert.equal(parseKerberosRule(text), undefined, text);
  }
});
