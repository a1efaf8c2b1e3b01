import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { until, within } from "@poplar/testkit";
import { Redis } from "ioredis";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";
import { createRedisLeaseStore, type RedisLeaseOptions, type RedisLeaseStore } from "./redis-lease-store.ts";
import { type DisposableRedis, granted, someHolder, someMaildrop, withRedis } from "./testing.ts";

/** Short enough to wait for, and long enough that an instance on a busy machine beats in time. */
const heldTtlMs = 1500;

/** Where a test is about how long it takes; in all others a busy machine may answer late. */
const asShipped = { commandTimeoutMs: 600 };

test("without Redis a login hears so within a second, and once Redis is back it is served again", async (t) => {
  const redis = await withRedis(t);
  const store = await openStore(t, redis, asShipped);
  const maildropId = someMaildrop();
  granted(await store.acquire(maildropId, WHOLE, someHolder()));
  await redis.kill();
  await refusedWithinASecond(store);
  await store.changed("down");
  await redis.start();
  await store.changed("up");
  assert.deepEqual(store.changes, ["down", "up"]);
  granted(await store.acquire(maildropId, WHOLE, someHolder())); // It was restarted empty.
});

test("Redis may be away at the start", async (t) => {
  const redis = await withRedis(t);
  await redis.kill();
  const store = await openStore(t, redis, asShipped);
  await refusedWithinASecond(store);
  assert.equal(isFault(await store.check()), true);
  await redis.start();
  await store.changed("up");
  granted(await store.acquire(someMaildrop(), WHOLE, someHolder()));
});

test("a Redis that does not answer is one that is down; what it does late for nobody is undone", async (t) => {
  const redis = await withRedis(t);
  const store = await openStore(t, redis, asShipped);
  const maildropId = someMaildrop();
  redis.pause();
  const attempts = await Promise.all(
    Array.from({ length: 5 }, async (_, index) => refusedWithinASecond(store, maildropId + index)),
  );
  assert.equal(attempts.length, 5);
  redis.resume();
  await store.changed("up");
  for (let index = 0; index < 5; index += 1) {
    await until(
      "the maildrop is free",
      async () => !isFault(await store.acquire(maildropId + index, WHOLE, someHolder())),
    );
  }
});

test("a lease given back while Redis is out of reach is free when it is back, though we live on", async (t) => {
  const redis = await withRedis(t);
  const link = await cuttableLink(t, redis.port);
  const store = await openStore(t, { url: `redis://127.0.0.1:${link.port}` });
  const other = await openStore(t, redis);
  const maildropId = someMaildrop();
  const lease = granted(await store.acquire(maildropId, WHOLE, someHolder()));
  link.cut();
  await lease.release();
  assert.deepEqual(await other.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
  link.mend();
  await until(
    "the lease was given back",
    async () => !isFault(await other.acquire(maildropId, WHOLE, someHolder())),
  );
});

test("the leases of an instance that was cut off are free after its heartbeat time, not before", async (t) => {
  const redis = await withRedis(t);
  const link = await cuttableLink(t, redis.port);
  const lost = await openStore(t, { url: `redis://127.0.0.1:${link.port}` }, { heartbeatTtlMs: 600 });
  const other = await openStore(t, redis);
  const maildropId = someMaildrop();
  await until(
    "the lease is taken",
    async () => !isFault(await lost.acquire(maildropId, WHOLE, someHolder())),
  );
  const client = await openClient(t, redis);
  link.cut();
  const heartbeat = `instance:{${maildropId % 64}}:${lost.instanceId}`;
  while ((await client.exists(heartbeat)) === 1) {
    const outcome = await other.acquire(maildropId, WHOLE, someHolder());
    assert(isFault(outcome) || (await client.exists(heartbeat)) === 0, "given away while its holder lived");
    if (!isFault(outcome)) return;
  }
  await until(
    "the lease is free",
    async () => !isFault(await other.acquire(maildropId, WHOLE, someHolder())),
  );
});

test("an instance that lives keeps its leases past its heartbeat time", async (t) => {
  const redis = await withRedis(t);
  const store = await openStore(t, redis, { heartbeatTtlMs: heldTtlMs });
  const other = await openStore(t, redis);
  const maildropId = someMaildrop();
  granted(await store.acquire(maildropId, WHOLE, someHolder()));
  await beats(await openClient(t, redis), store.instanceId, 7);
  assert.deepEqual(await other.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
});

test("after a flush the instance is alive again at once, its old leases are gone, and the log says so", async (t) => {
  const redis = await withRedis(t);
  const warnings: unknown[] = [];
  const log = { warn: (fields: unknown) => void warnings.push(fields) };
  const store = await openStore(t, redis, { heartbeatTtlMs: heldTtlMs, log });
  const other = await openStore(t, redis);
  const maildropId = someMaildrop();
  const flushed = granted(await store.acquire(maildropId, WHOLE, someHolder()));
  const client = await openClient(t, redis);
  await client.flushall();
  granted(await store.acquire(maildropId, WHOLE, someHolder()));
  await flushed.release();
  assert.deepEqual(await other.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
  await until("a warning", async () => warnings.length === 1);
  assert.partialDeepStrictEqual(warnings, [{ event: "heartbeat-lost", instance: store.instanceId }]);
  assert.deepEqual(store.changes, []);
});

test("word of broken leases reaches a process that had to connect again", async (t) => {
  const redis = await withRedis(t);
  const store = await openStore(t, redis);
  await redis.kill();
  await store.changed("down");
  await redis.start();
  await store.changed("up");
  const client = await openClient(t, redis);
  await until(
    "it listens for broken leases",
    async () => (await client.pubsub("NUMSUB", `lease-broken:${store.instanceId}`)).map(Number)[1] === 1,
  );
  const maildropId = someMaildrop();
  const session = someHolder();
  granted(await store.acquire(maildropId, WHOLE, session));
  const told = new Promise<string>((resolve) => store.onBroken(resolve));
  await store.breakLeases(maildropId);
  assert.equal(await told, session.sessionId);
});

test("an acquire that was given up and arrives late takes nothing, and a late beat takes nothing back", async (t) => {
  const { connection, acquire } = await rawLeases(t);
  assert.equal(await connection.beat("instance:{1}:late", 5, 9000), 0);
  await assert.rejects(acquire(4), /^ReplyError: STALE /);
  assert.equal(await connection.beat("instance:{1}:late", 4, 9000), 1);
  await assert.rejects(acquire(4), /^ReplyError: STALE /);
  assert.equal(await connection.exists("lease:{1}:1"), 0);
  assert.notEqual(await acquire(6), null);
  await assert.rejects(acquire(5), /^ReplyError: STALE /);
});

test("an acquire that is sent twice because its answer got lost takes one lease", async (t) => {
  const { acquire } = await rawLeases(t);
  const token = await acquire(1);
  assert.notEqual(token, null);
  assert.equal(await acquire(1), token);
});

/** The scripts of one instance on one maildrop, as they come over the wire. */
async function rawLeases(t: TestContext): Promise<{
  readonly connection: RedisConnection;
  readonly acquire: (generation: number) => Promise<string | null>;
}> {
  const redis = await withRedis(t);
  const settings = { tls: undefined, commandTimeoutMs: 10_000, name: "late" };
  const connection = connectRedis({ kind: "single", url: redis.url }, settings);
  t.after(() => connection.disconnect());
  await once(connection, "ready");
  const acquire = async (generation: number): Promise<string | null> => {
    const value = `late/${generation} session login address`;
    return connection.acquireLease(
      "lease:{1}:1",
      "instance:{1}:",
      "late",
      generation,
      9000,
      "*",
      value,
      9000,
    );
  };
  return { connection, acquire };
}

interface ObservedStore extends RedisLeaseStore {
  /** What the operator was told, in order. */
  readonly changes: readonly ("up" | "down")[];
  /** Resolves once the operator has last been told this. */
  changed(change: "up" | "down"): Promise<void>;
}

async function openStore(
  t: TestContext,
  redis: Pick<DisposableRedis, "url">,
  options: Partial<RedisLeaseOptions> = {},
): Promise<ObservedStore> {
  const changes: ("up" | "down")[] = [];
  const store = await createRedisLeaseStore({
    target: { kind: "single", url: redis.url },
    events: {
      dependencyDown: () => void changes.push("down"),
      dependencyUp: () => void changes.push("up"),
    },
    commandTimeoutMs: 10_000,
    ...options,
  });
  t.after(async () => store.close());
  return Object.assign(store, {
    changes,
    changed: async (change: "up" | "down") =>
      until("the operator was told", async () => changes.at(-1) === change),
  });
}

async function refusedWithinASecond(store: RedisLeaseStore, maildropId = someMaildrop()): Promise<void> {
  const outcome = await within(1000, () => store.acquire(maildropId, WHOLE, someHolder()));
  assert.equal(isFault(outcome) && outcome.fault, "lease-store-down");
}

/** Waits for so many heartbeats of an instance: each puts the end of its key off again. */
async function beats(client: Redis, instanceId: string, count: number): Promise<void> {
  let [seen, leftMs] = [0, Number.POSITIVE_INFINITY];
  await until(`${count} heartbeats`, async () => {
    const before = leftMs;
    leftMs = await client.pttl(`instance:{0}:${instanceId}`);
    if (leftMs > before) seen += 1;
    return seen >= count;
  });
}

interface Link {
  readonly port: number;
  /** Resets what is open, and whatever comes. */
  cut(): void;
  mend(): void;
}

/** A way to a port of this machine that can be cut. */
async function cuttableLink(t: TestContext, to: number): Promise<Link> {
  const ends = new Set<{ destroy(): unknown }>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    for (const end of [near, far]) ends.add(end.on("error", () => undefined));
    near.pipe(far).pipe(near);
    if (isCut) near.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    isCut = true;
    for (const end of ends) end.destroy();
  };
  t.after(() => {
    cut();
    server.close();
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server that listens has one
  const { port } = server.address() as AddressInfo;
  return { port, cut, mend: () => void (isCut = false) };
}

async function openClient(t: TestContext, redis: DisposableRedis): Promise<Redis> {
  const client = new Redis(redis.port, "127.0.0.1");
  t.after(() => client.disconnect());
  await client.ping();
  return client;
}
