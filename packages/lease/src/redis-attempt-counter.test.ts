import assert from "node:assert/strict";
import { test } from "node:test";
import { createRedisAttemptCounter, type RedisAttemptCounter } from "./redis-attempt-counter.ts";
import { type Scope, withRedis } from "./testing.ts";

/** A counter that is connected. */
async function open(t: Scope, url: string): Promise<RedisAttemptCounter> {
  const counter = createRedisAttemptCounter({ target: { kind: "single", url }, commandTimeoutMs: 500 });
  t.after(async () => counter.close());
  await untilCounting(counter);
  return counter;
}

const untilCounting = async (counter: RedisAttemptCounter): Promise<void> => {
  while ((await counter.add("probe", 10)) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
};

test("what one node counts every node reads, until it is forgotten", async (t) => {
  const redis = await withRedis(t);
  const [one, other] = [await open(t, redis.url), await open(t, redis.url)];
  assert.deepEqual([await one.add("a", 60), await other.add("a", 60), await one.add("b", 3600)], [1, 2, 1]);
  assert.deepEqual(await other.read(["b", "a", "c"]), [1, 2, 0]);
  await one.forget("a");
  assert.deepEqual(await other.read(["a", "b"]), [0, 1]);
  assert.deepEqual(await other.read([]), []);
});

test("a count ends with its window, which begins with the first and does not grow", async (t) => {
  const redis = await withRedis(t);
  const counter = await open(t, redis.url);
  await counter.add("a", 1);
  const startMs = performance.now();
  while ((await counter.read(["a"]))[0] !== 0) {
    await counter.read(["a"]);
    assert(performance.now() - startMs < 5000);
  }
  assert.equal(await counter.add("a", 1), 1);
});

test("strange keys are keys like others", async (t) => {
  const redis = await withRedis(t);
  const counter = await open(t, redis.url);
  for (const key of ["pair 2001:db8:0:1::/64 a b@{x}", "\u0000\r\n", "é".repeat(300)]) {
    assert.equal(await counter.add(key, 60), 1);
    assert.deepEqual(await counter.read([key]), [1]);
  }
});

test("without Redis nothing is counted and nobody waits for it; it counts again when Redis is back", async (t) => {
  const redis = await withRedis(t);
  const counter = await open(t, redis.url);
  await counter.add("a", 60);
  await redis.kill();
  const startMs = performance.now();
  assert.deepEqual([await counter.add("a", 60), await counter.read(["a"])], [0, [0]]);
  await counter.forget("a");
  assert(performance.now() - startMs < 3000);
  await redis.start();
  await untilCounting(counter);
  assert.equal(await counter.add("a", 60), 1);
});
