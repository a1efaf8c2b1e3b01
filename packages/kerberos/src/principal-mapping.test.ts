import assert from "node:assert/strict";
import test from "node:test";
import type { Fault } from "@poplar/protocol";
import fc from "fast-check";
import { formatPrincipal, isOurService, type Principal, parsePrincipal } from "./principal.ts";
import { findLogin, loginByRule, type PrincipalMapping, type RealmRule } from "./principal-mapping.ts";

const RULE: RealmRule = { realm: "POPLAR.TEST", domain: "poplar.test", ignoresCase: false };

const mapping = (
  entries: Readonly<Record<string, string>> = {},
  rules: readonly RealmRule[] = [RULE],
): PrincipalMapping => ({
  directory: { findLogin: async (principal) => new Map(Object.entries(entries)).get(principal) },
  rules,
});

const outcome = async (
  principal: string,
  asked?: string,
  by: PrincipalMapping = mapping(),
): Promise<string | undefined> => {
  const found = await findLogin(by, principal, asked);
  if (typeof found === "string") return found;
  return "refusal" in found ? found.refusal : found.fault;
};

const principals: fc.Arbitrary<Principal> = fc.record(
  {
    components: fc.array(fc.string({ unit: "binary-ascii" }), { minLength: 1, maxLength: 3 }),
    realm: fc.string({ unit: "binary-ascii", minLength: 1 }),
  },
  { noNullPrototype: true },
);

test("what krb5_unparse_name puts together is taken apart again, escapes and all", () => {
  fc.assert(
    fc.property(principals, (principal) => {
      assert.deepEqual(parsePrincipal(formatPrincipal(principal)), principal);
    }),
  );
  assert.deepEqual(parsePrincipal("alice\\@OTHER@R"), { components: ["alice@OTHER"], realm: "R" });
});

test("text that is no full principal is none", () => {
  for (const text of ["", "alice", "alice@", "a@b@c", "alice@R\\"])
    assert.equal(parsePrincipal(text), undefined);
  fc.assert(fc.property(fc.string(), (text) => void parsePrincipal(text)));
});

test("without a rule and an entry nobody gets in", async () => {
  assert.equal(await outcome("alice@POPLAR.TEST", undefined, mapping({}, [])), "unmapped-principal");
});

test("a rule lets the people of its realm in, and nobody else", async () => {
  assert.equal(await outcome("alice@POPLAR.TEST"), "alice@poplar.test");
  const others = ["alice@OTHER.TEST", "alice@poplar.test", "alice/admin@POPLAR.TEST", "Alice@POPLAR.TEST"];
  const tricks = [
    "alice\\@poplar.test@POPLAR.TEST",
    "alice\\/admin@POPLAR.TEST",
    "alice\\0@POPLAR.TEST",
    ".@POPLAR.TEST",
  ];
  for (const principal of [...others, ...tricks]) {
    assert.equal(await outcome(principal), "unmapped-principal", principal);
  }
});

test("a rule for a second realm lets it in, under its own domain", async () => {
  const both = mapping({}, [RULE, { realm: "OTHER.TEST", domain: "other.test", ignoresCase: false }]);
  assert.equal(await outcome("alice@OTHER.TEST", undefined, both), "alice@other.test");
  assert.equal(await outcome("alice@POPLAR.TEST", undefined, both), "alice@poplar.test");
});

test("no two principals become one login by a rule, unless it ignores case", () => {
  fc.assert(
    fc.property(principals, principals, (a, b) => {
      const rules = [RULE];
      const [one, other] = [loginByRule(a, rules), loginByRule(b, rules)];
      if (one !== undefined && one === other) assert.deepEqual(a, b);
    }),
  );
  const name = fc.constantFrom("alice", "bob", "Alice", "alice@poplar.test", "a", "", "ALICE");
  fc.assert(
    fc.property(
      fc.array(name, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("POPLAR.TEST", "O"),
      (components, realm) => {
        const login = loginByRule({ components, realm }, [RULE]);
        if (login === "alice@poplar.test") assert.deepEqual([components, realm], [["alice"], "POPLAR.TEST"]);
      },
    ),
  );
});

test("Active Directory does not tell ALICE from alice; a rule says so", async () => {
  const folding = mapping({}, [{ ...RULE, ignoresCase: true, domain: undefined }]);
  assert.equal(await outcome("ALICE@POPLAR.TEST", undefined, folding), "alice");
});

test("an entry of the directory comes before the rules, by the whole name", async () => {
  const by = mapping({ "alice/admin@POPLAR.TEST": "root@poplar.test", "alice@POPLAR.TEST": "a@poplar.test" });
  assert.equal(await outcome("alice/admin@POPLAR.TEST", undefined, by), "root@poplar.test");
  assert.equal(await outcome("alice@POPLAR.TEST", undefined, by), "a@poplar.test");
  assert.equal(await outcome("alice/admin@OTHER.TEST", undefined, by), "unmapped-principal");
});

test("RFC 4422 §3.4.1: the name asked for may name the login or the principal, and chooses nothing", async () => {
  for (const asked of ["alice", "Alice", "alice@poplar.test", "alice@POPLAR.TEST"]) {
    assert.equal(await outcome("alice@POPLAR.TEST", asked), "alice@poplar.test", asked);
  }
  for (const asked of ["bob", "alice@other.test", "", "alice/admin@POPLAR.TEST", "ali"]) {
    assert.equal(await outcome("alice@POPLAR.TEST", asked), "wrong-authzid", asked);
  }
});

test("a directory that is down lets nobody in by a rule", async () => {
  const down: Fault = { fault: "storage-down", cause: "gone" };
  const by = { directory: { findLogin: async () => down }, rules: [RULE] };
  assert.equal(await outcome("alice@POPLAR.TEST", undefined, by), "storage-down");
});

test("a service is ours when it is pop/ and a host, whole", () => {
  assert.ok(isOurService("pop/mail.test@R"));
  for (const name of ["imap/mail.test@R", "pop@R", "popper/h@R", "pop/h/x@R", "pop\\/h@R", "pop/h"]) {
    assert.equal(isOurService(name), false, name);
  }
});
