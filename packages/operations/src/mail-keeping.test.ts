import assert from "node:assert/strict";
import { test } from "node:test";
import { isRegistryFault, WHOLE } from "@poplar/maildrop";
import { isFault, messageNumberAt } from "@poplar/protocol";
import { createMemoryStore, type MemoryStore } from "@poplar/testkit";
import {
  isOperationFault,
  listHidden,
  type OperationPorts,
  purgeMessages,
  restoreMessages,
  setMailPolicy,
  showMailPolicy,
} from "./index.ts";

const ALICE = "alice@example.test";

/** Of the ports, those that these use cases need. */
function portsOn(store: MemoryStore): OperationPorts {
  const ports: Pick<OperationPorts, "keeper" | "audit" | "events"> = {
    keeper: store.keeper,
    audit: store.audit,
    events: { operationDone: () => {} },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the others would only be in the way
  return ports as OperationPorts;
}

async function withAlice(): Promise<{ store: MemoryStore; ports: OperationPorts; maildropId: number }> {
  const store = createMemoryStore();
  await store.registry.addDomain("example.test");
  const made = await store.registry.addLogin({ name: ALICE, passwordVerifier: "v", quotaOctets: undefined });
  assert.ok("maildropId" in made);
  return { store, ports: portsOn(store), maildropId: made.maildropId };
}

async function deleteOne(store: MemoryStore, maildropId: number): Promise<string> {
  const octets = Buffer.from("Subject: a\r\n\r\n");
  await store.deliveries.deliver({
    reversePath: "",
    copies: [{ resolved: { recipient: ALICE, maildropId }, traceHeader: new Uint8Array(0) }],
    content: {
      octets: octets.length,
      wireOctets: octets.length,
      headerWireOctets: octets.length,
      slices: () => [octets],
    },
  });
  const holder = { sessionId: "s", login: ALICE, address: "192.0.2.1" };
  const maildrop = await store.maildrops.open({ maildropId, view: WHOLE, holder });
  assert.ok(!isFault(maildrop));
  const uniqueId = maildrop.listing.uniqueIdOf(messageNumberAt(0));
  assert.equal(await maildrop.remove([messageNumberAt(0)], 7), undefined);
  return uniqueId;
}

test("a policy takes the place of the one before, and contradictions are refused", async () => {
  const { ports } = await withAlice();
  const input = { name: ALICE, retentionDays: 30, loginDelaySeconds: 60, seesNewest: 10 };
  assert.equal(await setMailPolicy.run(ports, { ...input, deletion: "hide" }), undefined);
  assert.deepEqual(await showMailPolicy.run(ports, { name: ALICE }), {
    retentionDays: 30,
    loginDelaySeconds: 60,
    sees: { newest: 10 },
    deletion: { way: "hide", days: 14 },
  });
  assert.equal(await setMailPolicy.run(ports, { name: ALICE }), undefined);
  assert.deepEqual(await showMailPolicy.run(ports, { name: ALICE }), {});
  const both = await setMailPolicy.run(ports, { name: ALICE, seesNewest: 1, seesDays: 1 });
  assert.ok(isOperationFault(both) && both.operationFault === "invalid-input");
});

test("deleted mail is listed, and restored with its unique-id or removed for good", async () => {
  const { store, ports, maildropId } = await withAlice();
  const uniqueId = await deleteOne(store, maildropId);
  const listed = await listHidden.run(ports, { login: ALICE });
  assert.ok(!isOperationFault(listed));
  assert.deepEqual(
    listed.entries.map((entry) => [entry.uniqueId, entry.deletedBy]),
    [[uniqueId, ALICE]],
  );
  assert.deepEqual(await restoreMessages.run(ports, { login: ALICE, uniqueIds: [uniqueId] }), {
    messages: 1,
  });
  const restored = await store.registry.listMessages(ALICE, { after: undefined, limit: 10 });
  assert.ok(!isRegistryFault(restored));
  assert.equal(restored[0]?.uniqueId, uniqueId);
  assert.deepEqual(await purgeMessages.run(ports, { login: ALICE }), { messages: 0 });
  const unknown = await restoreMessages.run(ports, { login: ALICE, uniqueIds: ["nothing"] });
  assert.ok(isOperationFault(unknown) && unknown.operationFault === "not-found");
});
