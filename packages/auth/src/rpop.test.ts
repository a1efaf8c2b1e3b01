import assert from "node:assert/strict";
import { test } from "node:test";
import { isFault } from "@poplar/protocol";
import { ALICE, door, PEER } from "./test-fixture.ts";

const TRUSTED = { rpopNetworks: ["192.0.2.0/24"] };
const RESERVED = { ...PEER, port: 1023 };
const CAROL = {
  ...ALICE,
  loginId: 9,
  name: "carol@example.test",
  restrictions: { mechanisms: ["USER", "RPOP"] },
};

async function verify(
  [name, clientUser, peer]: readonly [string, string, typeof RESERVED],
  login = CAROL,
): Promise<unknown> {
  const { authenticator, audited, reason } = await door(TRUSTED, [login]);
  const outcome = await authenticator.rpop?.verify(name, clientUser, peer);
  assert.ok(outcome !== undefined);
  const [entry] = audited;
  assert.equal(entry?.mechanism, "RPOP");
  if (!isFault(outcome)) {
    assert.equal(outcome.mechanism, "RPOP");
    assert.deepEqual([entry?.action, entry?.outcome, entry?.subject], ["login", "done", login.name]);
    return outcome.login;
  }
  assert.deepEqual(outcome, { fault: "bad-credentials" });
  return reason();
}

test("who is trusted comes in under his own name, with the domain or without, and stands in the audit (RFC 1081)", async () => {
  assert.equal(await verify(["carol@example.test", "carol", RESERVED]), CAROL.name);
  assert.equal(await verify(["CAROL@example.test", "carol@Example.test", RESERVED]), CAROL.name);
});

test("another name on the other host opens nothing", async () => {
  assert.equal(await verify(["carol@example.test", "root", RESERVED]), "authzid-not-allowed");
  assert.equal(await verify(["carol@example.test", "carol@elsewhere.test", RESERVED]), "authzid-not-allowed");
});

test("only a listed network and a port below 1024 are trusted", async () => {
  const { authenticator } = await door(TRUSTED);
  for (const [address, port, isPossible] of [
    ["192.0.2.1", 1023, true],
    ["192.0.2.1", 1, true],
    ["::ffff:192.0.2.1", 600, true],
    ["192.0.2.1", 1024, false],
    ["192.0.2.1", 0, false],
    ["192.0.2.1", undefined, false],
    ["198.51.100.1", 1023, false],
  ] as const) {
    assert.equal(
      authenticator.rpop?.isPossible({ ...PEER, address, port }),
      isPossible,
      `${address}:${port}`,
    );
  }
  for (const peer of [
    { ...RESERVED, port: 40_000 },
    { ...RESERVED, address: "198.51.100.1" },
  ]) {
    assert.equal(await verify(["carol@example.test", "carol", peer]), "mechanism-not-allowed");
  }
});

test("a login that nobody has allowed it by name stays shut, and so does one with more against it", async () => {
  const name = ["carol@example.test", "carol", RESERVED] as const;
  const { restrictions: _none, ...unrestricted } = CAROL;
  assert.equal(
    await verify(name, { ...unrestricted, restrictions: { mechanisms: ["USER"] } }),
    "mechanism-not-allowed",
  );
  assert.equal(await verify(["alice@example.test", "alice", RESERVED]), "mechanism-not-allowed");
  assert.equal(await verify(name, { ...CAROL, isDisabled: true }), "login-disabled");
  const totp = { credentialId: 50, kind: "totp", verifier: "sealed" } as const;
  assert.equal(await verify(name, { ...CAROL, credentials: [totp] }), "second-factor-needed");
  assert.equal(await verify(["nobody@example.test", "nobody", RESERVED]), "unknown-name");
});

test("a rule about mechanisms that does not name it forbids it", async () => {
  const rules = [{ listeners: ["pop3s"], mechanisms: ["PLAIN"] }];
  const { authenticator } = await door({ ...TRUSTED, rules });
  assert.equal(authenticator.rpop?.isPossible(RESERVED), false);
  assert.equal(authenticator.rpop?.isPossible({ ...RESERVED, listener: "pop3" }), true);
});

test("who tries many names waits, as at every other door", async () => {
  const waited: number[] = [];
  const wait = async (milliseconds: number): Promise<void> => void waited.push(milliseconds);
  const { authenticator } = await door({ ...TRUSTED, wait });
  for (let tries = 0; tries < 8; tries += 1) await authenticator.rpop?.verify(`n${tries}`, "n", RESERVED);
  assert.ok(waited.length > 0);
});

test("where no network is trusted, there is no such way in", async () => {
  const { authenticator } = await door();
  assert.equal(authenticator.rpop, undefined);
});
