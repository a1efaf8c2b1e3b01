import assert from "node:assert/strict";
import { test } from "node:test";
import { type Login, type Peer, WHOLE } from "@poplar/maildrop";
import fc from "fast-check";
import { type NameRules, nameCandidates, resolveLogin } from "./resolve-login.ts";
import { ALICE, MemoryLogins, PEER } from "./test-fixture.ts";

const HOST: Login = { ...ALICE, loginId: 10, name: "vision25.demon.test", maildropId: 25 };
const RULES: NameRules = { separators: "+%", defaultDomains: [{ domain: "demon.test" }] };

const LOGINS = new MemoryLogins([
  ALICE,
  HOST,
  { ...ALICE, loginId: 11, name: "tag+vision25.demon.test@example.test", maildropId: 26 },
  {
    ...ALICE,
    loginId: 12,
    name: "mary@vision25.demon.test",
    maildropId: 25,
    view: { kind: "local-part", localPart: "mary" },
  },
  { ...ALICE, loginId: 13, name: "bob@demon.test", maildropId: 27 },
  { ...ALICE, loginId: 14, name: "bob@example.test", maildropId: 28 },
]);

/** The name of the login, and what it sees. */
async function opens(
  typed: string,
  rules: NameRules = RULES,
  peer: Peer = PEER,
): Promise<string | undefined> {
  const login = await resolveLogin(LOGINS, rules, typed, peer);
  if (login === undefined || !("loginId" in login)) return undefined;
  return `${login.name} ${login.view.kind === "whole" ? "all" : login.view.localPart} ${login.loginId}`;
}

test("SDPS: the name of a host opens all of it, and each local part at it its own view", async () => {
  assert.equal(await opens("vision25.demon.test"), "vision25.demon.test all 10");
  assert.equal(await opens("John@Vision25.Demon.TEST"), "john@vision25.demon.test john 10");
  assert.equal(await opens("mary@vision25.demon.test"), "mary@vision25.demon.test mary 12");
});

test("SDPS: every separator that is switched on stands for the at sign", async () => {
  for (const typed of [
    "john+vision25.demon.test",
    "john%vision25.demon.test",
    "john%vision25",
    "john@vision25",
  ]) {
    assert.equal(await opens(typed), "john@vision25.demon.test john 10", typed);
  }
  assert.equal(await opens("vision25"), "vision25.demon.test all 10");
  assert.equal(await opens("john!vision25.demon.test"), undefined);
  assert.equal(await opens("john+vision25.demon.test", {}), undefined);
});

test("a separator also stands for the at sign of an ordinary address", async () => {
  assert.equal(await opens("alice%example.test"), "alice@example.test all 1");
});

test("a full address that exists is never split", async () => {
  assert.equal(
    await opens("tag+vision25.demon.test@example.test"),
    "tag+vision25.demon.test@example.test all 11",
  );
  assert.equal(await opens("other+vision25.demon.test@example.test"), undefined);
});

test("the longest host is tried first", () => {
  const names = nameCandidates("a%b%c.test", PEER, { separators: "%" }).map(({ name }) => name);
  assert.deepEqual(names, ["a%b@c.test", "c.test"]);
  const dotted = nameCandidates("a.b.c", PEER, { separators: "." }).map(({ name }) => name);
  assert.deepEqual(dotted, ["a.b.c", "a@b.c", "b.c", "a.b@c", "c"]);
});

test("the same local part in two domains never meets: the listener, the TLS name or the address decides", async () => {
  const rules: NameRules = {
    defaultDomains: [
      { domain: "example.test", listener: "tenant" },
      { domain: "example.test", serverName: "pop.example.test" },
      { domain: "example.test", localAddress: "192.0.2.9" },
      { domain: "demon.test" },
    ],
  };
  assert.equal(await opens("bob", rules), "bob@demon.test all 13");
  for (const peer of [
    { ...PEER, listener: "tenant" },
    { ...PEER, serverName: "POP.example.test" },
    { ...PEER, localAddress: "192.0.2.9" },
  ]) {
    assert.equal(await opens("bob", rules, peer), "bob@example.test all 14");
  }
  assert.equal(await opens("bob", {}), undefined);
});

test("one name is one question to the store", async () => {
  const asked = LOGINS.asked;
  await opens("john%vision25");
  assert.equal(LOGINS.asked - asked, 1);
});

test("whatever is typed means few names, each of them canonical and at most a view of a host", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ maxLength: 6 }), (typed, separators) => {
      const candidates = nameCandidates(typed, PEER, { ...RULES, separators });
      assert(candidates.length <= 16);
      for (const { name, localPart } of candidates) {
        assert.equal(name, name.toLowerCase());
        assert(localPart === undefined || !name.includes("@"));
      }
    }),
  );
});

test("a view that is made up opens nothing but the host's maildrop", async () => {
  const login = await resolveLogin(LOGINS, RULES, "anybody@vision25.demon.test", PEER);
  assert.partialDeepStrictEqual(login, {
    maildropId: 25,
    view: { kind: "local-part", localPart: "anybody" },
  });
  // An ordinary login is no host: nobody gets a view of it.
  assert.equal(await opens("x@alice@example.test"), undefined);
  assert.deepEqual(HOST.view, WHOLE);
});
