import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { z } from "zod";
import { address, domainName, loginAddress, loginName, password, reversePath } from "./fields.ts";

const accepts = (schema: z.ZodType, text: string): boolean => schema.safeParse(text).success;

test("domains are letters, digits and hyphens in labels of 63 octets, 253 in all. RFC 1035 §2.3.4", () => {
  const label = "a".repeat(63);
  for (const right of ["example.test", "localhost", "xn--mnchen-3ya.test", "münchen.test", `${label}.test`]) {
    assert.ok(accepts(domainName(), right), right);
  }
  const long = [label, label, label, label].join(".");
  for (const wrong of [
    "",
    ".",
    "a..b",
    "a.",
    "-a.test",
    "a-.test",
    "a b.test",
    "*.test",
    `a${label}.test`,
    long,
  ]) {
    assert.ok(!accepts(domainName(), wrong), wrong);
  }
});

test("logins are addresses, and what other systems give a meaning to is none. RFC 5321 §4.1.2", () => {
  const local = "a".repeat(64);
  for (const right of [
    "a@b",
    "Alice.B+tag@example.test",
    "jörg@example.test",
    "o'neil@example.test",
    `${local}@b`,
  ]) {
    assert.ok(accepts(loginAddress(), right), right);
  }
  const wrong = [
    "",
    "@",
    "a",
    "a@",
    "@b",
    "a@b@c",
    ".a@b",
    "a..b@c",
    "a.@b",
    "*@b",
    "a%b@c",
    "a/b@c",
    "a b@c",
  ];
  for (const name of [...wrong, '"a"@b', "a\0@b", "a\n@b", "\u202ea@b", `a${local}@b`]) {
    assert.ok(!accepts(loginAddress(), name), JSON.stringify(name));
  }
});

test("a login is an address or a host, and what nobody sees in it is refused", () => {
  for (const right of ["alice@example.test", "vision25.demon.test", "vision25"]) {
    assert.ok(accepts(loginName(), right), right);
  }
  for (const wrong of ["", "@", "a@b@c", "*@b", "a_b", "-a.test", "al\u034fice@example.test"]) {
    assert.ok(!accepts(loginName(), wrong), wrong);
  }
});

test("a catch-all is an address and no login", () => {
  assert.ok(accepts(address(), "*@example.test"));
  assert.ok(!accepts(address(), "*a@example.test"));
  assert.ok(!accepts(address(), "*"));
});

test("a name is brought into one form, and that form is its own", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.stringMatching(/^[A-Za-z]{1,10}$/), (local, domain) => {
      const first = loginName().safeParse(`${local}@${domain}.test`);
      if (!first.success) return;
      assert.equal(loginName().parse(first.data), first.data);
      assert.equal(first.data, first.data.normalize("NFC").toLowerCase());
    }),
  );
});

test("a reverse-path is an address as it was written, or null. RFC 5321 §4.5.5", () => {
  assert.equal(reversePath().parse("Bob@Example.test"), "Bob@Example.test");
  assert.equal(reversePath().parse(""), "");
  assert.ok(!accepts(reversePath(), "bob"));
  assert.ok(!accepts(reversePath(), "bob@example.test\r\nX: y"));
});

test("a password is what PASS can carry, spaces and all. RFC 1939 §7, RFC 2449 §4", () => {
  assert.equal(password().parse("  a b  "), "  a b  ");
  assert.ok(accepts(password(), "ä".repeat(124)));
  for (const wrong of ["", "a\r", "a\n", "a\0", "ä".repeat(125)]) assert.ok(!accepts(password(), wrong));
});
