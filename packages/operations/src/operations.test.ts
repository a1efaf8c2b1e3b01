import assert from "node:assert/strict";
import { test } from "node:test";
import type { CredentialMaker } from "@poplar/maildrop";
import type { OperationDone } from "@poplar/telemetry";
import { createMemoryStore, type MemoryStore } from "@poplar/testkit";
import fc from "fast-check";
import {
  addAddress,
  addDomain,
  addLogin,
  type Deliverer,
  deliverMessage,
  disableLogin,
  enableLogin,
  isOperationFault,
  listDomains,
  listLogins,
  listMaildrops,
  listMessages,
  type OperationFault,
  type OperationPorts,
  removeAddress,
  removeDomain,
  removeLogin,
  setPassword,
  setQuota,
  showLogin,
  showMaildrop,
  theServer,
} from "./index.ts";

const nobodyIsConnected: Pick<OperationPorts, "leases" | "sessions"> = {
  leases: { holders: () => Promise.resolve([]), breakLeases: () => Promise.resolve(0) },
  sessions: {
    findSessions: () => Promise.resolve({ sessions: [], silentNodes: [] }),
    endSessions: () => Promise.resolve({ sessions: [], silentNodes: [] }),
  },
};

const nobodyDelivers: Deliverer = {
  resolve: () => Promise.reject(new Error("not in this test")),
  deliver: () => Promise.reject(new Error("not in this test")),
};

const fakeMaker: CredentialMaker = {
  canSeal: true,
  ofPassword: (password, { isSharedSecret }) =>
    Promise.resolve({
      passwordVerifier: `hash of ${password}`,
      others: isSharedSecret ? [{ kind: "shared-secret", verifier: `sealed ${password}` }] : [],
    }),
  ofStored: (stored) =>
    stored.startsWith("{NOPE}") ? "unknown scheme" : { passwordVerifier: stored, others: [] },
  newAppPassword: () => ({ password: "abcd-efgh", verifier: "hash of abcdefgh" }),
  enrolTotp: (login) => ({
    secret: "SECRET",
    uri: `otpauth://totp/${login}`,
    credential: { kind: "totp", verifier: "sealed" },
  }),
  reseal: ({ verifier }) =>
    verifier.startsWith("old ") ? { verifier: `new ${verifier.slice(4)}` } : "current",
  totpStep: (_, code) => (code === "123456" ? 1 : undefined),
};

interface Bench extends OperationPorts {
  readonly store: MemoryStore;
  readonly reported: OperationDone[];
}

function bench(deliverer: Deliverer = nobodyDelivers): Bench {
  const store = createMemoryStore();
  const reported: OperationDone[] = [];
  return {
    store,
    reported,
    registry: store.registry,
    directory: store.logins,
    deliverer,
    ...nobodyIsConnected,
    events: { operationDone: (event) => void reported.push(event) },
    credentials: store.credentials,
    keeper: store.keeper,
    imports: store.imports,
    audit: store.audit,
    tenants: store.tenants,
    tokens: store.tokens,
    owners: { verifyOwner: () => Promise.reject(new Error("not in this test")) },
    maker: fakeMaker,
  };
}

function faultOf(outcome: unknown): OperationFault {
  assert.ok(isOperationFault(outcome), `expected a fault, got ${JSON.stringify(outcome)}`);
  return outcome;
}

async function withAlice(deliverer?: Deliverer): Promise<Bench> {
  const ports = bench(deliverer);
  await addDomain.run(ports, { name: "example.test" });
  const added = await addLogin.run(ports, { name: "alice@example.test", password: "secret" });
  assert.ok(!isOperationFault(added), JSON.stringify(added));
  return ports;
}

test("a domain is added in lower case, listed, and removed", async () => {
  const ports = bench();
  const added = await addDomain.run(ports, { name: "Example.TEST" });
  assert.ok(!isOperationFault(added));
  assert.deepEqual([added.name, added.logins], ["example.test", 0]);
  const listed = await listDomains.run(ports, {});
  assert.deepEqual(listed, { entries: [added], next: null });
  assert.equal(await removeDomain.run(ports, { name: "EXAMPLE.test" }), undefined);
  assert.deepEqual(await listDomains.run(ports, {}), { entries: [], next: null });
});

test("what exists already, is missing or is not empty is refused with its code and a sentence", async () => {
  const ports = await withAlice();
  const again = faultOf(await addDomain.run(ports, { name: "example.test" }));
  assert.deepEqual(again, { operationFault: "already-exists", message: "example.test exists already." });
  const busy = faultOf(await removeDomain.run(ports, { name: "example.test" }));
  assert.deepEqual(busy, { operationFault: "not-empty", message: "example.test still has 1 login." });
  const missing = faultOf(await addLogin.run(ports, { name: "bob@other.test", password: "secret" }));
  assert.deepEqual(missing, { operationFault: "not-found", message: "There is no domain other.test." });
  const nobody = faultOf(await showLogin.run(ports, { name: "bob@example.test" }));
  assert.equal(nobody.message, "There is no login or address bob@example.test.");
});

test("a login is shown with what it opens, and never with its verifier", async () => {
  const ports = await withAlice();
  const detail = await showLogin.run(ports, { name: "Alice@Example.test" });
  assert.ok(!isOperationFault(detail));
  assert.deepEqual(detail.credentials, ["password"]);
  assert.equal(detail.maildrop.quotaOctets, null);
  assert.doesNotMatch(JSON.stringify(detail), /hash of/);
});

test("a login is disabled, enabled and removed", async () => {
  const ports = await withAlice();
  const state = async (): Promise<unknown> => {
    const detail = await showLogin.run(ports, { name: "alice@example.test" });
    return isOperationFault(detail) ? detail.operationFault : detail.isDisabled;
  };
  await disableLogin.run(ports, { name: "alice@example.test" });
  assert.equal(await state(), true);
  await enableLogin.run(ports, { name: "alice@example.test" });
  assert.equal(await state(), false);
  await removeLogin.run(ports, { name: "alice@example.test" });
  assert.equal(await state(), "not-found");
});

test("a new password replaces the old verifier", async () => {
  const ports = await withAlice();
  assert.deepEqual(await setPassword.run(ports, { name: "alice@example.test", password: "new" }), {
    revokedAppPasswords: 0,
    keptAppPasswords: 0,
    endedSessions: 0,
    silentNodes: [],
  });
  const login = await ports.directory.findLogin("alice@example.test");
  assert.ok(login !== undefined && "credentials" in login);
  assert.deepEqual(
    login.credentials.map(({ verifier }) => verifier),
    ["hash of new"],
  );
});

test("an address and a catch-all lead to the maildrop until they are removed", async () => {
  const ports = await withAlice();
  for (const address of ["sales@example.test", "*@example.test"]) {
    assert.equal(await addAddress.run(ports, { address, login: "alice@example.test" }), undefined);
    const probe = address.replace("*", "anybody");
    assert.ok("maildropId" in (await ports.store.deliveries.resolveRecipient(probe)));
    assert.equal(await removeAddress.run(ports, { address }), undefined);
    assert.ok("deliveryFault" in (await ports.store.deliveries.resolveRecipient(probe)));
  }
});

test("a quota is set and lifted", async () => {
  const ports = await withAlice();
  for (const quotaOctets of [1000, null]) {
    assert.equal(await setQuota.run(ports, { login: "alice@example.test", quotaOctets }), undefined);
    const shown = await showMaildrop.run(ports, { login: "alice@example.test" });
    assert.ok(!isOperationFault(shown));
    assert.equal(shown.quotaOctets, quotaOctets);
  }
});

test("slices of any size add up to the whole list", async () => {
  const ports = await withAlice();
  for (const name of ["bob", "carol", "dave", "erin"]) {
    await addLogin.run(ports, { name: `${name}@example.test`, password: "secret" });
  }
  const lists = [listLogins, listMaildrops] as const;
  for (const list of lists) {
    const whole = await list.run(ports, {});
    assert.ok(!isOperationFault(whole));
    assert.equal(whole.entries.length, 5);
    for (const limit of [1, 2, 3, 5, 6]) {
      const names: string[] = [];
      let after: string | undefined;
      do {
        const slice = await list.run(ports, { after, limit });
        assert.ok(!isOperationFault(slice));
        names.push(...slice.entries.map(({ name }) => name));
        after = slice.next ?? undefined;
      } while (after !== undefined);
      assert.deepEqual(
        names,
        whole.entries.map(({ name }) => name),
      );
    }
  }
});

test("each change is reported, done or not, and reading is not", async () => {
  const ports = await withAlice();
  await addDomain.run(ports, { name: "example.test" });
  await listMessages.run(ports, { login: "alice@example.test" });
  await setPassword.run(ports, { name: "nobody@example.test", password: "hunter2" });
  assert.deepEqual(ports.reported, [
    { operation: "add-domain", subject: "example.test", outcome: "done" },
    { operation: "add-login", subject: "alice@example.test", outcome: "done" },
    { operation: "add-domain", subject: "example.test", outcome: "already-exists" },
    { operation: "set-password", subject: "nobody@example.test", outcome: "not-found" },
  ]);
});

test("when the database is down, the sentence says so and the cause stays behind it", async () => {
  const ports = await withAlice();
  const cause = new Error("connect ECONNREFUSED");
  ports.store.setDown(cause);
  for (const outcome of [
    await addDomain.run(ports, { name: "other.test" }),
    await showLogin.run(ports, { name: "alice@example.test" }),
  ]) {
    const fault = faultOf(outcome);
    assert.equal(fault.operationFault, "storage-down");
    assert.equal(fault.cause, cause);
    assert.doesNotMatch(fault.message, /ECONNREFUSED/);
  }
});

test("a delivery that is refused says why", async () => {
  const reasons = [
    ["unknown-recipient", "not-found"],
    ["over-quota", "over-quota"],
    ["message-too-big", "message-too-big"],
    ["storage-down", "storage-down"],
    ["spool-full", "not-delivered"],
  ] as const;
  for (const [reason, code] of reasons) {
    const refused: Deliverer = {
      resolve: (_origin, recipient) => Promise.resolve({ recipient, maildropId: 1 }),
      deliver: (_origin, [one]) =>
        Promise.resolve([{ recipient: one?.recipient ?? "", refusal: { reason } }]),
    };
    const ports = await withAlice(refused);
    const outcome = await deliverMessage.run(ports, { recipient: "alice@example.test", source: nothing() });
    assert.equal(faultOf(outcome).operationFault, code);
  }
});

async function* nothing(): AsyncGenerator<Uint8Array> {}

test("whatever the input is, the answer is a result or a fault", async () => {
  const ports = await withAlice();
  const operations = [addDomain, addLogin, listLogins, removeLogin, setPassword, deliverMessage, setQuota];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...operations),
      fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom("name", "password", "limit"), fc.anything())),
      async (operation, input) => {
        const outcome = await operation.runFor(theServer, ports, input);
        if (isOperationFault(outcome)) assert.equal(outcome.operationFault, "invalid-input");
      },
    ),
  );
});

test("no refusal of an input repeats what was in it", async () => {
  const ports = bench();
  const input = { name: "no name hunter2", password: `hunter2${"x".repeat(300)}`, quotaOctets: "hunter2" };
  const fault = faultOf(await addLogin.runFor(theServer, ports, input));
  assert.equal(fault.operationFault, "invalid-input");
  assert.match(fault.message, /The name must be an address/);
  assert.match(fault.message, /The password must have at most 248 octets/);
  assert.match(fault.message, /The quotaOctets must be a whole number/);
  assert.doesNotMatch(fault.message, /hunter2/);
});
