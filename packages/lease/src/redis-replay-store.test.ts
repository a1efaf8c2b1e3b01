import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { until } from "@poplar/testkit";
import { Redis } from "ioredis";
import { createRedisReplayStore, type RedisReplayStore } from "./redis-replay-store.ts";
import { withRedis } from "./testing.ts";

const someHash = (): string => createHash("sha256").update(randomUUID()).digest("hex");

async function open(t: { after(done: () => void): void }, url: string): Promise<RedisReplayStore> {
  const store = await createRedisReplayStore({ target: { kind: "single", url }, commandTimeoutMs: 300 });
  t.after(() => store.close());
  return store;
}

test("a proof is good for one login over all nodes, for as long as was said", async (t) => {
  const redis = await withRedis(t);
  const [one, other] = [await open(t, redis.url), await open(t, redis.url)];
  const hash = someHash();
  const claims = await Promise.all([one, other, one, other].map(async (store) => store.claim(hash, 600)));
  assert.equal(claims.filter((claim) => claim === true).length, 1);
  assert.equal(claims.filter((claim) => claim === false).length, 3);
  assert.equal(await other.claim(someHash(), 600), true);

  const direct = new Redis(redis.url);
  t.after(() => direct.disconnect());
  const ttlMs = await direct.pttl(`replay:{${hash}}`);
  assert.ok(ttlMs > 590_000 && ttlMs <= 600_000, String(ttlMs));
});

test("while Redis is down nobody gets a claim, and all is well again when it is back", async (t) => {
  const redis = await withRedis(t);
  const store = await open(t, redis.url);
  await redis.kill();
  const refused = await store.claim(someHash(), 600);
  assert.ok(typeof refused === "object" && refused.fault === "lease-store-down");
  await redis.start();
  await until("Redis is back", async () => (await store.claim(someHash(), 600)) === true);
});

test("a Redis that does not answer is a fault after the time of a command, and no claim", async (t) => {
  const redis = await withRedis(t);
  const store = await open(t, redis.url);
  redis.pause();
  t.after(() => redis.resume());
  const refused = await store.claim(someHash(), 600);
  assert.ok(typeof refused === "object" && refused.fault === "lease-store-down");
});
