import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { createAuthenticator, createCredentialMaker, SecretBox } from "@poplar/auth";
import { createRedisAttemptCounter } from "@poplar/lease";
import { withRedis } from "@poplar/lease/testing";
import type { Authenticator, Peer } from "@poplar/maildrop";
import { openStorage, type Storage } from "@poplar/storage";
import { deafEvents, silentLog, withPostgres } from "@poplar/storage/testing";

const ALICE = "alice@example.test";
const BAD = { fault: "bad-credentials" };
const CHEAP = { memoryKib: 64, passes: 1, lanes: 1 };

const peer = (address: string): Peer => ({
  address,
  isTlsActive: true,
  serverName: undefined,
  listener: "pop3s",
  channelBindings: () => new Map(),
  clientCertificate: () => undefined,
});

const box = new SecretBox([{ keyId: "k1", octets: randomBytes(32) }]);
const maker = createCredentialMaker({ box, hashCost: CHEAP });
const { url } = await withPostgres({ after });
const redis = await withRedis({ after });

interface Node {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly waits: number[];
}

/** A node of a fleet: connections of its own to the same database and the same Redis. */
async function node(): Promise<Node> {
  const storage = await openStorage({ connection: url, log: silentLog, events: deafEvents });
  after(() => storage.close());
  const counter = createRedisAttemptCounter({ target: { kind: "single", url: redis.url } });
  after(() => counter.close());
  while ((await counter.add("probe", 10)) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const waits: number[] = [];
  const authenticator = createAuthenticator({
    directory: storage.logins,
    audit: storage.audit,
    box,
    counter,
    hashCost: CHEAP,
    wait: async (milliseconds) => void waits.push(milliseconds),
  });
  return { storage, authenticator, waits };
}

const [one, other] = [await node(), await node()];

const verify = async ({ authenticator }: Node, password: string, address = "127.0.0.1") =>
  authenticator.verifyPassword(ALICE, Buffer.from(password), peer(address));

/** SCRAM asks for the verifier that belongs to the password. */
async function scramSalt({ authenticator }: Node): Promise<string> {
  const step = await authenticator
    .beginExchange("SCRAM-SHA-256", peer("127.0.0.1"))
    ?.next(Buffer.from(`n,,n=${ALICE},r=x`));
  assert(step !== undefined && "challenge" in step);
  return /s=([^,]+)/.exec(Buffer.from(step.challenge).toString())?.[1] ?? "";
}

test("a password that is changed on one node fails on every node at once, in every mechanism", async () => {
  const { passwordVerifier, others } = await maker.ofPassword("secret", { isSharedSecret: false });
  await one.storage.registry.addDomain("example.test");
  await one.storage.registry.addLogin({
    name: ALICE,
    passwordVerifier,
    credentials: others,
    quotaOctets: undefined,
  });
  for (const each of [one, other, one, other]) {
    assert.partialDeepStrictEqual(await verify(each, "secret"), { login: ALICE });
  }
  const salt = await scramSalt(other);
  const made = await maker.ofPassword("changed", { isSharedSecret: false });
  await one.storage.registry.setPassword(ALICE, made.passwordVerifier, made.others);
  for (const each of [other, one]) {
    assert.deepEqual(await verify(each, "secret"), BAD);
    assert.partialDeepStrictEqual(await verify(each, "changed"), { login: ALICE });
    assert.notEqual(await scramSalt(each), salt);
  }
  await one.storage.registry.setDisabled(ALICE, true);
  for (const each of [other, one]) assert.deepEqual(await verify(each, "changed"), BAD);
  await one.storage.registry.setDisabled(ALICE, false);
});

test("what one node counts slows the same address at the other, and nobody else", async () => {
  for (let time = 0; time < 10; time += 1) await verify(one, `wrong ${time}`, "127.0.0.2");
  other.waits.length = 0;
  await verify(other, "wrong", "127.0.0.2");
  assert.deepEqual(other.waits, [8000]);
  other.waits.length = 0;
  assert.partialDeepStrictEqual(await verify(other, "changed", "127.0.0.3"), { login: ALICE });
  assert.partialDeepStrictEqual(await verify(other, "changed", "127.0.0.1"), { login: ALICE });
  assert.deepEqual(other.waits, []);
});

test("the outcomes are in the audit of the fleet, with the reason that the client did not hear", async () => {
  await verify(one, "wrong", "192.0.2.55");
  await one.storage.close();
  const found = await other.storage.audit.search({ address: "192.0.2.55" }, { after: undefined, limit: 10 });
  assert(Array.isArray(found));
  assert.equal(found.length, 1);
  assert.partialDeepStrictEqual(found[0], { subject: ALICE, outcome: "wrong-password", action: "login" });
});
