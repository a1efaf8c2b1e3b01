import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "@poplar/testkit";
import { createMemoryLoginPacer } from "./memory-login-pacer.ts";
import { createRedisLoginPacer, type RedisLoginPacer } from "./redis-login-pacer.ts";
import { withRedis } from "./testing.ts";

function open(t: { after(done: () => void): void }, url: string): RedisLoginPacer {
  const pacer = createRedisLoginPacer({ target: { kind: "single", url }, commandTimeoutMs: 300 });
  t.after(() => pacer.close());
  return pacer;
}

test("memory: a login has one token, which is back after its delay and no sooner (RFC 2449 §6.5)", async () => {
  let nowMs = 0;
  const pacer = createMemoryLoginPacer(() => nowMs);
  assert.equal(await pacer.take("alice", 60), true);
  assert.equal(await pacer.take("alice", 60), false);
  assert.equal(await pacer.take("bob", 60), true);
  nowMs = 59_999;
  assert.equal(await pacer.take("alice", 60), false);
  nowMs = 60_000;
  assert.equal(await pacer.take("alice", 60), true);
  await pacer.giveBack("alice");
  assert.equal(await pacer.take("alice", 60), true);
});

test("Redis: over all nodes one of the logins that come together has the token", async (t) => {
  const redis = await withRedis(t);
  const [one, other] = [open(t, redis.url), open(t, redis.url)];
  for (const pacer of [one, other]) {
    await until("Redis is back", async () => {
      await pacer.giveBack("nobody");
      return (await pacer.take("nobody", 60)) && !(await pacer.take("nobody", 60));
    });
  }
  const taken = await Promise.all([one, other, one, other].map(async (pacer) => pacer.take("alice", 60)));
  assert.equal(taken.filter(Boolean).length, 1);
  await other.giveBack("alice");
  assert.equal(await one.take("alice", 1), true);
  assert.equal(await other.take("alice", 1), false);
  await until("the wait is forgotten", async () => other.take("alice", 60));
});

test("Redis: while it is down nobody is kept out", async (t) => {
  const redis = await withRedis(t);
  const pacer = open(t, redis.url);
  await pacer.take("alice", 600);
  await redis.kill();
  assert.equal(await pacer.take("alice", 600), true);
  await pacer.giveBack("alice");
});
