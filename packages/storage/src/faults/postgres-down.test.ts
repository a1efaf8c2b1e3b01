import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isDeliveryFault, isRegistryFault, WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { until, within } from "@poplar/testkit";
import { openStorage, type Storage } from "../open-storage.ts";
import { StorageError } from "../storage-error.ts";
import { silentLog, type TestScope, withPostgres } from "../testing.ts";
import { PostgresProxy } from "./test-fixture.ts";

const { url } = await withPostgres({ after });

/** Remembers what it is told, and wakes those who wait for it. */
class Reports {
  readonly heard: string[] = [];
  #wake: () => void = () => {};

  dependencyDown(event: { readonly dependency: string; readonly cause: unknown }): void {
    assert.ok(event.cause instanceof StorageError);
    this.#hear(`${event.dependency} down`);
  }

  dependencyUp(dependency: string): void {
    this.#hear(`${dependency} up`);
  }

  async next(count: number): Promise<readonly string[]> {
    while (this.heard.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.heard;
  }

  #hear(report: string): void {
    this.heard.push(report);
    this.#wake();
  }
}

interface Venue {
  readonly proxy: PostgresProxy;
  readonly storage: Storage;
  readonly reports: Reports;
}

async function venue(t: TestScope, limits: Parameters<typeof openStorage>[0]["limits"] = {}): Promise<Venue> {
  const proxy = await PostgresProxy.start(url);
  const reports = new Reports();
  const storage = await openStorage({ connection: proxy.url, log: silentLog, events: reports, limits });
  t.after(async () => {
    await storage.close();
    await proxy.goDown();
  });
  return { proxy, storage, reports };
}

/** Every port answers a fault, none of them rejects. */
async function allFail(storage: Storage): Promise<void> {
  const { maildrops, deliveries, logins, registry } = storage;
  const holder = { sessionId: "s", login: "l", address: "192.0.2.1" };
  const resolved = { recipient: "a@example.test", maildropId: 1 };
  const content = { octets: 1, headerWireOctets: 1, wireOctets: 1, slices: () => [Buffer.from("x")] };
  const copies = [{ resolved, traceHeader: Buffer.from("X: 1\r\n") }];
  const [opened, delivered, found, recipient, listed, added, pulse] = await Promise.all([
    maildrops.open({ maildropId: 1, view: WHOLE, holder }),
    deliveries.deliver({ reversePath: "", copies, content }),
    logins.findLogin("a@example.test"),
    deliveries.resolveRecipient("a@example.test"),
    registry.listDomains({ after: undefined, limit: 1 }),
    registry.addDomain("b.test"),
    storage.health(),
  ]);
  for (const outcome of [opened, found, pulse]) {
    assert.ok(isFault(outcome) && outcome.fault === "storage-down");
    assert.ok(outcome.cause instanceof StorageError);
  }
  for (const outcome of [...delivered, recipient]) {
    assert.ok(isDeliveryFault(outcome) && outcome.deliveryFault === "storage-down");
  }
  for (const outcome of [listed, added]) {
    assert.ok(isRegistryFault(outcome) && outcome.registryFault === "storage-down");
    assert.ok(outcome.cause instanceof StorageError);
  }
}

test("down at the start: every call fails at once, and all is well when it comes (P6)", async (t) => {
  const { proxy, storage, reports } = await venue(t);
  await proxy.goDown();
  await within(500, () => allFail(storage));
  await within(500, () => allFail(storage));
  assert.deepEqual(reports.heard, ["postgres down"]);
  await proxy.comeBack();
  await reports.next(2);
  assert.deepEqual(reports.heard, ["postgres down", "postgres up"]);
  assert.equal(await storage.health(), undefined);
});

test("going down while nobody asks is reported, and so is coming back (P6)", async (t) => {
  const { proxy, storage, reports } = await venue(t);
  assert.equal(await storage.health(), undefined);
  await storage.registry.listDomains({ after: undefined, limit: 1 });
  assert.deepEqual(reports.heard, []);
  await proxy.goDown();
  await reports.next(1);
  await within(500, () => allFail(storage));
  await proxy.comeBack();
  await reports.next(2);
  assert.deepEqual(reports.heard, ["postgres down", "postgres up"]);
  assert.equal(await storage.health(), undefined);
  assert.ok(Array.isArray(await storage.registry.listDomains({ after: undefined, limit: 1 })));
});

test("one connection that is cut is not an outage: the next call has another one", async (t) => {
  const { proxy, storage, reports } = await venue(t);
  assert.equal(await storage.health(), undefined);
  proxy.fromPostgres = () => ({ cutAfterOctets: 0 });
  assert.ok(isFault(await storage.health()));
  proxy.fromPostgres = () => "pass";
  assert.equal(await storage.health(), undefined);
  assert.deepEqual(reports.heard, []);
});

test("a server that takes connections and says nothing is down after the connect limit", async (t) => {
  const { proxy, storage, reports } = await venue(t, { connectMsMax: 200, reconnectMs: 5000 });
  proxy.fromPostgres = () => "withhold";
  await within(1500, () => allFail(storage));
  await reports.next(1);
  // And then at once.
  assert.ok(isFault(await within(100, () => storage.health())));
});

test("a server that falls silent is given up after the statement limit", async (t) => {
  const { proxy, storage } = await venue(t, { connectMsMax: 200, lookupMsMax: 100 });
  assert.equal(await storage.health(), undefined);
  proxy.fromPostgres = () => "withhold";
  assert.ok(isFault(await within(2000, () => storage.health())));
});

test("when too many statements wait the next one is refused at once", async (t) => {
  const { proxy, storage } = await venue(t, { waitingStatementsMax: 3, lookupLanes: 1 });
  assert.equal(await storage.health(), undefined);
  proxy.fromPostgres = () => "withhold";
  const waiting = [storage.health(), storage.health(), storage.health()];
  const refused = await storage.health();
  assert.ok(isFault(refused) && refused.fault === "storage-down");
  assert.ok(refused.cause instanceof StorageError && refused.cause.code === "busy");
  proxy.cut();
  for (const outcome of await Promise.all(waiting)) assert.ok(isFault(outcome));
});

test("a closed store says so", async (t) => {
  const { storage } = await venue(t);
  assert.equal(await storage.health(), undefined);
  await storage.close();
  const outcome = await storage.health();
  assert.ok(isFault(outcome) && outcome.fault === "storage-down");
  assert.ok(outcome.cause instanceof StorageError && outcome.cause.code === "closed");
});

test("a standby in the place of the primary is as good as none, reading included, and left when it is over", async (t) => {
  const database = await withPostgres(t);
  const storage = await openStorage({ connection: database.url, log: silentLog, events: new Reports() });
  t.after(async () => storage.close());
  const name = new URL(database.url).pathname.slice(1);
  // As libpq does for target_session_attrs, it is asked whether it only reads.
  await database.query(`alter database ${name} set default_transaction_read_only = on`);
  await allFail(storage);
  await database.query(
    `begin read write; alter database ${name} reset default_transaction_read_only; commit`,
  );
  await until("Postgres writes again", async () => !isFault(await storage.health()));
  assert.ok(!isRegistryFault(await storage.registry.addDomain("back.test")));
});
