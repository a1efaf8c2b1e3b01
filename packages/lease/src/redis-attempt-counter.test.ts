import assert from "node:assert/strict";
import { test } from "node:test";
import { until, within } from "@poplar/testkit";
import { Redis } from "ioredis";
import { CountedKeys } from "./counted-keys.ts";
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
  await until("the other node heard it", async () => (await other.read(["b"]))[0] === 1);
  assert.deepEqual(await other.read(["b", "a", "c"]), [1, 2, 0]);
  await one.forget("a");
  assert.deepEqual(await other.read(["a", "b"]), [0, 1]);
  assert.deepEqual(await other.read([]), []);
});

test("a count ends with its window, which begins with the first and does not grow", async (t) => {
  const redis = await withRedis(t);
  const counter = await open(t, redis.url);
  await counter.add("a", 1);
  await until("the window has ended", async () => (await counter.read(["a"]))[0] === 0);
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
  await within(3000, async () => {
    assert.deepEqual([await counter.add("a", 60), await counter.read(["a"])], [0, [0]]);
    await counter.forget("a");
  });
  await redis.start();
  await untilCounting(counter);
  assert.equal(await counter.add("a", 60), 1);
});

test("a node asks for nothing that nobody counts, and hears at once what another begins to count", async (t) => {
  const redis = await withRedis(t);
  const [one, other] = [await open(t, redis.url), await open(t, redis.url)];
  await until("both hear all", async () => one.hearsAll && other.hearsAll);
  const admin = new Redis(redis.url);
  t.after(async () => admin.disconnect());
  const commands: string[] = [];
  const monitor = await admin.monitor();
  t.after(async () => monitor.disconnect());
  monitor.on(
    "monitor",
    (_time, words: string[], source: string) => source === "lua" || commands.push(words.join(" ")),
  );
  assert.deepEqual(await other.read(["clean", "also clean"]), [0, 0]);
  await other.forget("clean");
  await one.add("dirty", 60);
  await until("the other node heard it", async () => (await other.read(["clean", "dirty"]))[1] === 1);
  await until("it asked for what is dirty", async () =>
    commands.some((command) => command === "get attempts:dirty"),
  );
  assert(!commands.some((command) => command.includes("clean")), commands.join("\n"));
});

test("a node that comes later, or comes back, knows what was counted without it", async (t) => {
  const redis = await withRedis(t);
  const one = await open(t, redis.url);
  await one.add("early", 60);
  const late = await open(t, redis.url);
  await until("it hears all", async () => late.hearsAll);
  assert.deepEqual(await late.read(["early"]), [1]);
  const admin = new Redis(redis.url);
  t.after(async () => admin.disconnect());
  // Everybody is thrown out; what one counts while the other is away reaches it all the same.
  await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
  await until("it counts again", async () => (await one.add("meanwhile", 60)) > 0);
  await until("it hears what was counted meanwhile", async () => (await late.read(["meanwhile"]))[0] !== 0);
  await until("both hear all again", async () => late.hearsAll && one.hearsAll);
});

test("marks of many logins travel together, and every node sees them", async (t) => {
  const redis = await withRedis(t);
  const [one, other] = [await open(t, redis.url), await open(t, redis.url)];
  const admin = new Redis(redis.url);
  t.after(async () => admin.disconnect());
  const names = Array.from({ length: 40 }, (_, number) => `known 10.0.0.1 user${number}`);
  for (const name of names) one.mark(name, 60);
  assert.equal(await one.isMarked(names[0] ?? ""), true);
  assert.equal(await other.isMarked(names[0] ?? ""), false);
  await until("the keys are noted", async () => (await admin.zcard("attempts-known")) > 0);
  assert.equal(await admin.zcard("attempts-known"), 40);
  assert.deepEqual(
    await Promise.all(names.map(async (name) => other.isMarked(name))),
    names.map(() => true),
  );
  assert.equal(await other.isMarked("known 10.0.0.2 user1"), false);
});

test("what is counted is followed up to a bound, above it everything may be counted, and no memory is held", () => {
  let nowMs = 0;
  const keys = new CountedKeys(() => nowMs, 100);
  assert.equal(keys.has("a"), true, "before all was heard");
  keys.complete();
  assert.equal(keys.has("a"), false);
  keys.add("a", 1000);
  assert.deepEqual([keys.has("a"), keys.has("b")], [true, false]);
  nowMs = 1000;
  assert.equal(keys.has("a"), false, "its window is over");
  for (let number = 0; number < 100; number += 1) keys.add(`key ${number}`, 1000);
  assert.equal(keys.isComplete, true, "what is over makes room");
  keys.add("one too many", 1000);
  assert.deepEqual([keys.isComplete, keys.has("never heard of")], [false, true]);
  keys.complete();
  keys.interrupt();
  assert.equal(keys.has("never heard of"), true);
});
