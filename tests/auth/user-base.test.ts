import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { createAuthenticator, createCredentialMaker, hashPassword, loadCrypt, SecretBox } from "@poplar/auth";
import { createMemoryLeaseStore, createMemorySessionRegistry } from "@poplar/lease";
import type { Peer } from "@poplar/maildrop";
import {
  addDomain,
  type Deliverer,
  importLogins,
  isOperationFault,
  type OperationPorts,
} from "@poplar/operations";
import { openStorage } from "@poplar/storage";
import { deafEvents, silentLog, withPostgres } from "@poplar/storage/testing";

const LOGINS = 10_000;
const LINES_AT_ONCE = 500;
/** One of each scheme in each sample. */
const SAMPLED_EVERY = 501;
const CHEAP = { memoryKib: 64, passes: 1, lanes: 1 };

const PEER: Peer = {
  address: "192.0.2.1",
  isTlsActive: true,
  serverName: undefined,
  listener: "pop3s",
  channelBindings: () => new Map(),
  clientCertificate: () => undefined,
};

const nobodyDelivers: Deliverer = {
  resolve: () => Promise.reject(new Error("not in this test")),
  deliver: () => Promise.reject(new Error("not in this test")),
};

const passwordOf = (index: number): string => `pass-${index}-é`;

/** A scheme for each line, in turn. */
async function schemes(): Promise<readonly ((password: string) => Promise<string>)[]> {
  const crypt = await loadCrypt();
  const hashed = (setting: string) => async (password: string) =>
    (await crypt.hash(Buffer.from(password), setting)) ?? assert.fail(setting);
  const salted = (scheme: string, hash: string) => async (password: string) => {
    const salt = randomBytes(8);
    const digest = createHash(hash).update(password).update(salt).digest();
    return `{${scheme}}${Buffer.concat([digest, salt]).toString("base64")}`;
  };
  return [
    salted("SSHA", "sha1"),
    salted("SSHA256", "sha256"),
    salted("SSHA512", "sha512"),
    hashed("$1$abcdefgh$"),
    hashed("$2y$04$abcdefghijklmnopqrstuu"),
    async (password) => `{PLAIN}${password}`,
    async (password) => `{ARGON2ID}${await hashPassword(password, CHEAP)}`,
  ];
}

test("10,000 lines of a passwd-file become logins, and each that is sampled opens by its password alone", async (t) => {
  const { url } = await withPostgres({ after });
  const storage = await openStorage({ connection: url, log: silentLog, events: deafEvents });
  after(() => storage.close());
  const box = new SecretBox([{ keyId: "k1", octets: randomBytes(32) }]);
  const ports: OperationPorts = {
    registry: storage.registry,
    credentials: storage.credentials,
    directory: storage.logins,
    audit: storage.audit,
    keeper: storage.keeper,
    imports: storage.imports,
    leases: createMemoryLeaseStore(),
    sessions: createMemorySessionRegistry("here"),
    maker: createCredentialMaker({ box }),
    deliverer: nobodyDelivers,
    events: { operationDone: () => {} },
    tenants: storage.tenants,
    tokens: storage.tokens,
    owners: { verifyOwner: async () => ({ fault: "bad-credentials" }) },
  };
  await addDomain.run(ports, { name: "example.test" });
  const make = await schemes();
  const lines: string[] = [];
  for (let index = 0; index < LOGINS; index += 1) {
    const stored = await make[index % make.length]?.(passwordOf(index));
    lines.push(`user${index}:${stored}:5000:5000::/var/mail/user${index}::`);
  }

  const startMs = performance.now();
  for (let from = 0; from < LOGINS; from += LINES_AT_ONCE) {
    const batch = lines.slice(from, from + LINES_AT_ONCE);
    const outcome = await importLogins.run(ports, { lines: batch, domain: "example.test" });
    assert(!isOperationFault(outcome), JSON.stringify(outcome));
    assert.deepEqual(
      outcome.entries.filter((entry) => entry.outcome !== "added"),
      [],
    );
  }
  t.diagnostic(`${Math.round(LOGINS / ((performance.now() - startMs) / 1000))} logins a second`);

  // The door would hold up whoever fails this often.
  const wait = (): Promise<void> => Promise.resolve();
  const authenticator = createAuthenticator({ directory: storage.logins, box, hashCost: CHEAP, wait });
  for (let index = 0; index < LOGINS; index += SAMPLED_EVERY) {
    const name = `user${index}@example.test`;
    const other = Buffer.from(passwordOf(index + make.length));
    assert.deepEqual(await authenticator.verifyPassword(name, other, PEER), { fault: "bad-credentials" });
    const opened = await authenticator.verifyPassword(name, Buffer.from(passwordOf(index)), PEER);
    assert.partialDeepStrictEqual(opened, { login: name }, lines[index] ?? "");
  }
});
