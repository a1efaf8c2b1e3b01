import assert from "node:assert/strict";
import { test } from "node:test";
import { WHOLE } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import fc from "fast-check";
import { createAuthenticator } from "./authenticator.ts";
import { hashOctets, hashPassword } from "./password-hash.ts";
import { ALICE, CHEAP, door, MemoryLogins, PEER } from "./test-fixture.ts";

const BAD: Fault = { fault: "bad-credentials" };
const REFUSED_LATIN_1 = Buffer.from("pass\xe9", "latin1");

test("the right password opens the maildrop of the login, however the name is written", async () => {
  const { verify } = await door({ names: { defaultDomains: [{ domain: "example.test" }] } });
  const opened = { login: "alice@example.test", maildropId: 7, view: WHOLE, mechanism: "USER" };
  assert.deepEqual(await verify("alice@example.test", "secret"), opened);
  assert.deepEqual(await verify("ALICE", "secret"), opened);
});

test("an unknown name, a name that is none, a wrong password and a disabled login are one fault for one hash", async () => {
  const { verify, hashed } = await door();
  const tries = [
    ["nobody@example.test", "secret"],
    ["not a name", "secret"],
    ["alice@example.test", "wrong"],
    ["disabled@example.test", "wrong"],
    ["disabled@example.test", "secret"],
    ["disabled@example.test", "secret"],
    ["bare@example.test", "secret"],
  ] as const;
  for (const [name, password] of tries) {
    const before = hashed.length;
    assert.deepEqual(await verify(name, password), BAD);
    assert.equal(hashed.length - before, 1, `hashes for ${name} with ${password}`);
  }
});

test("that hash costs the same for a name that does not exist", async () => {
  const { verify, hashed } = await door();
  await verify("nobody@example.test", "secret");
  await verify("alice@example.test", "wrong");
  const costs = hashed.map((verifier) => verifier.split("$").slice(0, 4).join("$"));
  assert.equal(costs[0], costs[1]);
});

test("with the real cost, the answers to unknown name, wrong password and disabled login take alike", async () => {
  const verifier = await hashPassword("secret");
  const login = { ...ALICE, credentials: [{ credentialId: 1, kind: "password", verifier }] } as const;
  const directory = new MemoryLogins([login, { ...login, name: "off@example.test", isDisabled: true }]);
  const authenticator = createAuthenticator({ directory, wait: async () => {} });
  const names = ["nobody@example.test", "alice@example.test", "off@example.test"];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < 8; round += 1) {
    for (const name of names) {
      const start = performance.now();
      assert.deepEqual(await authenticator.verifyPassword(name, Buffer.from(`wrong ${round}`), PEER), BAD);
      times.get(name)?.push(performance.now() - start);
    }
  }
  // The quickest of each: what else the machine does only adds.
  const quickest = [...times.values()].map((list) => Math.min(...list));
  assert(Math.max(...quickest) < 1.5 * Math.min(...quickest), `quickest in ms: ${quickest.join(", ")}`);
});

test("a client that polls costs a hash once, until the time is up", async () => {
  let now = 0;
  const { verify, hashed } = await door({ verifiedTtlMs: 1000, now: () => now });
  for (now = 0; now < 1000; now += 100) await verify("alice@example.test", "secret");
  assert.equal(hashed.length, 1);
  await verify("alice@example.test", "secret");
  assert.equal(hashed.length, 2);
});

test("a wrong password is never remembered", async () => {
  const { verify, hashed } = await door();
  for (let round = 0; round < 3; round += 1) await verify("alice@example.test", "wrong");
  assert.equal(hashed.length, 3);
});

test("once the password is changed the old one fails at once", async () => {
  const { verify, logins } = await door();
  await verify("alice@example.test", "secret");
  await logins.change("alice@example.test", {
    version: 2,
    credentials: [
      { credentialId: 1, kind: "password", verifier: await hashOctets(Buffer.from("new"), CHEAP) },
    ],
  });
  assert.deepEqual(await verify("alice@example.test", "secret"), BAD);
  assert.partialDeepStrictEqual(await verify("alice@example.test", "new"), { maildropId: 7 });
});

test("once the login is disabled, removed or made anew the remembered password fails at once", async () => {
  for (const change of [{ isDisabled: true }, undefined, { loginId: 99, version: 1, credentials: [] }]) {
    const { verify, logins } = await door();
    await verify("alice@example.test", "secret");
    await logins.change("alice@example.test", change);
    assert.deepEqual(await verify("alice@example.test", "secret"), BAD);
  }
});

test("what was remembered for one login opens no other with the same password", async () => {
  const { verify, hashed } = await door();
  await verify("alice@example.test", "secret");
  const before = hashed.length;
  assert.partialDeepStrictEqual(await verify("bob@example.test", "secret"), { login: "bob@example.test" });
  assert.equal(hashed.length - before, 1);
});

test("each password of a login opens it", async () => {
  const { verify, hashed } = await door();
  assert.partialDeepStrictEqual(await verify("two@example.test", "first"), { maildropId: 7 });
  assert.partialDeepStrictEqual(await verify("two@example.test", "second"), { maildropId: 7 });
  const before = hashed.length;
  assert.partialDeepStrictEqual(await verify("two@example.test", "second"), { maildropId: 7 });
  assert.equal(hashed.length, before);
});

test("the same name and password asked for at once are hashed once, others on their own", async () => {
  const { verify, hashed } = await door();
  const outcomes = await Promise.all([
    ...Array.from({ length: 20 }, async () => verify("alice@example.test", "secret")),
    verify("alice@example.test", "wrong"),
    verify("nobody@example.test", "secret"),
    verify("nobody@example.test", "secret"),
  ]);
  assert.equal(hashed.length, 3);
  assert.equal(outcomes.filter((outcome) => "login" in outcome).length, 20);
});

test("when too many wait for a hash the answer is busy, and those that wait are served", async () => {
  const { verify } = await door({ hashesAtOnceMax: 1, hashesWaitingMax: 2 });
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, async (_, index) => verify("alice@example.test", `wrong ${index}`)),
  );
  const faults = outcomes.map((outcome) => ("fault" in outcome ? outcome.fault : "opened"));
  assert.deepEqual(faults, ["bad-credentials", "bad-credentials", "bad-credentials", "busy", "busy"]);
});

test("a store that is down is not a wrong password", async () => {
  const down: Fault = { fault: "storage-down", cause: new Error("gone") };
  const directory = new MemoryLogins([]);
  directory.down = down;
  const authenticator = createAuthenticator({ directory });
  assert.equal(await authenticator.verifyPassword("alice", Buffer.from("secret"), PEER), down);
});

test("a password longer than the limit is refused without a look-up or a hash", async () => {
  const { verify, hashed, logins } = await door();
  assert.deepEqual(await verify("alice@example.test", "x".repeat(513)), BAD);
  assert.deepEqual([hashed.length, logins.asked], [0, 0]);
});

test("a password in Latin-1 opens if those octets were stored, and only then", async () => {
  const { verify, logins } = await door();
  assert.deepEqual(await verify("alice@example.test", REFUSED_LATIN_1), BAD);
  const verifier = await hashOctets(REFUSED_LATIN_1, CHEAP);
  await logins.change("alice@example.test", {
    credentials: [{ credentialId: 1, kind: "password", verifier }],
  });
  assert.partialDeepStrictEqual(await verify("alice@example.test", REFUSED_LATIN_1), { maildropId: 7 });
});

test("a verifier that cannot be read is a wrong password, and an error in the log without the verifier", async () => {
  const { verify, logins, logged } = await door();
  const credentials = [{ credentialId: 1, kind: "password", verifier: "$unknown$hunter2" }] as const;
  await logins.change("alice@example.test", { credentials });
  assert.deepEqual(await verify("alice@example.test", "secret"), BAD);
  assert.deepEqual(
    logged.map(({ event }) => event),
    ["verifier-unreadable", "login-refused-because"],
  );
  assert.doesNotMatch(JSON.stringify(logged), /hunter2|secret/);
});

test("the log knows the reason that the client does not hear, and no secret", async () => {
  const { verify, logged } = await door();
  await verify("nobody@example.test", "hunter2");
  await verify("alice@example.test", "hunter2");
  await verify("disabled@example.test", "secret");
  assert.deepEqual(
    logged.map(({ reason, login, address }) => [reason, login, address]),
    [
      ["unknown-name", "nobody@example.test", "192.0.2.1"],
      ["wrong-password", "alice@example.test", "192.0.2.1"],
      ["login-disabled", "disabled@example.test", "192.0.2.1"],
    ],
  );
  assert.doesNotMatch(JSON.stringify(logged), /hunter2|"secret"/);
});

test("no name and no octets ever make it throw, or open", async () => {
  const { verify } = await door();
  const names = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("alice@example.test", "bare@example.test"),
  );
  await fc.assert(
    fc.asyncProperty(names, fc.uint8Array({ maxLength: 600 }), async (name, password) => {
      fc.pre(Buffer.from(password).toString() !== "secret");
      assert.deepEqual(await verify(name, password), BAD);
    }),
  );
});
