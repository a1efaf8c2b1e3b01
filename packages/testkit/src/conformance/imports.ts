import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type DeliveryFault, isDeliveryFault } from "@poplar/maildrop";
import {
  bigMessage,
  contentOf,
  deliver,
  done,
  numbers,
  type OpenStore,
  open,
  readAll,
  type Tenancy,
  tenancy,
  uniqueIds,
  wireOf,
} from "./store-fixture.ts";

const receivedAt = new Date("2011-02-03T04:05:06Z");
const nothing = new Uint8Array(0);

/** What every `DeliveryStore` and `ImportLedger` must do with mail that another server has kept. */
export function importsConformance(name: string, openStore: OpenStore): void {
  keepingTests(name, openStore);
  ledgerTests(name, openStore);
}

function keepingTests(name: string, openStore: OpenStore): void {
  test(`${name}: imported mail keeps its unique-id, its time and its octets (P4)`, async (t) => {
    const tenant = await tenancy(await openStore(t));
    await deliver(tenant, "Subject: 1\n\n1\n");
    await importOne(tenant, "~x", "Subject: 2\n\n.dot\n");
    const opened = await open(tenant);
    assert.equal(uniqueIds(opened)[1], "~x");
    assert.deepEqual(await readAll(opened, 2), wireOf("Subject: 2\n\n.dot\n", nothing));
    const page = { after: undefined, limit: 10 };
    const [, message] = done(await tenant.store.registry.listMessages(tenant.login, page));
    assert.deepEqual([message?.uniqueId, message?.receivedAt], ["~x", receivedAt]);
  });

  test(`${name}: a unique-id is refused while its message is there, hidden, and gone for good (P4)`, async (t) => {
    const tenant = await tenancy(await openStore(t));
    const { login, store } = tenant;
    const isUsed = async (): Promise<boolean> =>
      done(await store.imports.usedUniqueIds(login, ["one", "other"])).includes("one") &&
      isRefused(await importOne(tenant, "one", "Subject: again\n\n"));
    assert.deepEqual(done(await store.imports.usedUniqueIds(login, ["one"])), []);
    await importOne(tenant, "one", "Subject: 1\n\n");
    assert.deepEqual(done(await store.imports.usedUniqueIds(login, ["other", "one"])), ["one"]);
    assert.equal(await isUsed(), true);
    assert.equal(await (await open(tenant)).remove(numbers(1), 7), undefined);
    assert.equal(await isUsed(), true);
    assert.equal(
      done(await store.keeper.listHidden(login, { after: undefined, limit: 9 }))[0]?.uniqueId,
      "one",
    );
    assert.equal(done(await store.keeper.restore(login, "all")), 1);
    assert.deepEqual(uniqueIds(await open(tenant)), ["one"]);
    assert.equal(await (await open(tenant)).remove(numbers(1), 0), undefined);
    assert.equal(await isUsed(), true);
  });

  test(`${name}: a unique-id of the maildrop's own kind is refused: it is used, or will be (P4)`, async (t) => {
    const tenant = await tenancy(await openStore(t));
    await deliver(tenant, "Subject: 1\n\n1\n");
    const [own = ""] = uniqueIds(await open(tenant));
    const next = own.replace(/\d+$/, "2");
    for (const uniqueId of [own, next]) {
      assert.ok(isRefused(await importOne(tenant, uniqueId, "Subject: 2\n\n")), uniqueId);
    }
  });

  test(`${name}: of two imports of one unique-id at once, one is refused`, async (t) => {
    const tenant = await tenancy(await openStore(t));
    const outcomes = await Promise.all([1, 2, 3].map(() => importOne(tenant, "same", "Subject: 1\n\n")));
    assert.equal(outcomes.filter(isRefused).length, 2);
    assert.deepEqual(uniqueIds(await open(tenant)), ["same"]);
  });
}

function ledgerTests(name: string, openStore: OpenStore): void {
  test(`${name}: a digest is that of the wire form, and says nothing of what is not there`, async (t) => {
    const tenant = await tenancy(await openStore(t));
    const { login, store } = tenant;
    const messages = { small: Buffer.from("Subject: 1\n\n.\n"), big: bigMessage(1_000_000) };
    for (const [uniqueId, message] of Object.entries(messages)) await importOne(tenant, uniqueId, message);
    const digests = done(await store.imports.digests(login, ["big", "small", "absent"]));
    assert.deepEqual(
      digests.toSorted((one, other) => one.octets - other.octets),
      Object.entries(messages).map(([uniqueId, message]) => ({
        uniqueId,
        octets: contentOf(message).octets,
        receivedAt,
        sha256: createHash("sha256").update(wireOf(message, nothing)).digest("hex"),
      })),
    );
  });

  test(`${name}: of a login that there is not, nothing is known`, async (t) => {
    const { imports } = await openStore(t);
    const fault = { registryFault: "not-found", name: "nobody@example.test" };
    assert.deepEqual(await imports.usedUniqueIds("nobody@example.test", ["x"]), fault);
    assert.deepEqual(await imports.digests("nobody@example.test", ["x"]), fault);
  });
}

async function importOne(
  { store, maildropId, login }: Tenancy,
  uniqueId: string,
  message: string | Uint8Array,
): Promise<number | DeliveryFault | undefined> {
  const [outcome] = await store.deliveries.deliver({
    reversePath: "",
    copies: [{ resolved: { recipient: login, maildropId }, traceHeader: nothing }],
    content: contentOf(message),
    imported: { uniqueId, receivedAt },
  });
  return outcome;
}

const isRefused = (outcome: unknown): boolean =>
  isDeliveryFault(outcome) && outcome.deliveryFault === "unique-id-used";
