import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type LeaseStore, WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { freePort, leaseStoreConformance, until, within } from "@poplar/testkit";
import { createFenceOnlyLeaseStore } from "./fence-only-lease-store.ts";
import { createRedisLeaseStore, type RedisLeaseStore } from "./redis-lease-store.ts";
import { type DisposableRedis, granted, someHolder, someMaildrop, withRedis } from "./testing.ts";

// Within one process nobody can tell that Redis is away.
leaseStoreConformance(async (t) => (await openStore(t, `redis://127.0.0.1:${await freePort()}`)).store);

test("while Redis is there it decides, for two processes", async (t) => {
  const redis = await withRedis(t);
  const [here, there] = [await openStore(t, redis.url), await openStore(t, redis.url)];
  const maildropId = someMaildrop();
  const lease = granted(await here.store.acquire(maildropId, WHOLE, someHolder()));
  assert.deepEqual(await there.store.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
  await lease.release();
  granted(await there.store.acquire(maildropId, WHOLE, someHolder()));
});

test("a maildrop that is open elsewhere stays free here when it is given back", async (t) => {
  const redis = await withRedis(t);
  const [here, there] = [await openStore(t, redis.url), await openStore(t, redis.url)];
  const maildropId = someMaildrop();
  const lease = granted(await there.store.acquire(maildropId, WHOLE, someHolder()));
  assert(isFault(await here.store.acquire(maildropId, WHOLE, someHolder())));
  await lease.release();
  granted(await here.store.acquire(maildropId, WHOLE, someHolder()));
});

test("when Redis dies logins go on at once; who had the maildrop before excludes others of its process", async (t) => {
  const redis = await withRedis(t);
  const [here, there] = [await openStore(t, redis.url), await openStore(t, redis.url)];
  const maildropId = someMaildrop();
  const lease = granted(await here.store.acquire(maildropId, WHOLE, someHolder()));
  await redis.kill();
  await within(1000, async () => {
    assert.deepEqual(await here.store.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
    granted(await there.store.acquire(maildropId, WHOLE, someHolder()));
  });
  await lease.release();
  granted(await here.store.acquire(maildropId, WHOLE, someHolder()));
});

test("once Redis is back it decides again, without a restart; what was let in meanwhile is not in it", async (t) => {
  const redis = await withRedis(t);
  const [here, there] = [await openStore(t, redis.url), await openStore(t, redis.url)];
  await redis.kill();
  const [before, after] = [someMaildrop(), someMaildrop()];
  const lease = granted(await here.store.acquire(before, WHOLE, someHolder()));
  await backAgain(redis, here.fleet, there.fleet);
  const held = granted(await here.store.acquire(after, WHOLE, someHolder()));
  assert.deepEqual(await there.store.acquire(after, WHOLE, someHolder()), { fault: "maildrop-in-use" });
  granted(await there.store.acquire(before, WHOLE, someHolder()));
  await lease.release();
  await held.release();
  assert.deepEqual(await there.store.acquire(before, WHOLE, someHolder()), { fault: "maildrop-in-use" });
});

async function backAgain(redis: DisposableRedis, ...fleets: readonly RedisLeaseStore[]): Promise<void> {
  await redis.start();
  for (const fleet of fleets) await until("Redis is back", async () => !isFault(await fleet.check()));
}

async function openStore(
  t: TestContext,
  url: string,
): Promise<{ store: LeaseStore; fleet: RedisLeaseStore }> {
  const fleet = await createRedisLeaseStore({ target: { kind: "single", url }, heartbeatTtlMs: 1000 });
  const store = createFenceOnlyLeaseStore(fleet);
  t.after(() => store.close());
  return { store, fleet };
}
