import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, type TestContext, test } from "node:test";
import { WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { leaseStoreConformance, until } from "@poplar/testkit";
import { Redis } from "ioredis";
import { createRedisAttemptCounter } from "./redis-attempt-counter.ts";
import { createRedisLeaseStore, type RedisLeaseOptions, type RedisLeaseStore } from "./redis-lease-store.ts";
import { createRedisLoginPacer } from "./redis-login-pacer.ts";
import { createRedisReplayStore } from "./redis-replay-store.ts";
import { createRedisSessionRegistry } from "./redis-session-registry.ts";
import { createRedisTicketKeys } from "./redis-ticket-keys.ts";
import { granted, someHolder, someMaildrop, withRedis } from "./testing.ts";

const redis = await withRedis({ after });

leaseStoreConformance(async (t) => openStore(t));

test("two stores exclude each other, and free each other's maildrops", async (t) => {
  const [one, other] = [await openStore(t), await openStore(t)];
  const maildropId = someMaildrop();
  const lease = granted(await one.acquire(maildropId, WHOLE, someHolder()));
  assert.deepEqual(await other.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
  await lease.release();
  granted(await other.acquire(maildropId, WHOLE, someHolder()));
});

test("leases broken elsewhere are told to the process that holds them, and to no other", async (t) => {
  const [holding, breaking] = [await openStore(t), await openStore(t)];
  const maildropId = someMaildrop();
  const session = { ...someHolder(), sessionId: "a session/with: odd %20 words" };
  granted(await holding.acquire(maildropId, WHOLE, session));
  const told = new Promise<string>((resolve) => holding.onBroken(resolve));
  breaking.onBroken(() => assert.fail("not its session"));
  assert.equal(await breaking.breakLeases(maildropId), 1);
  assert.equal(await told, session.sessionId);
});

test("a clean end frees at once whatever is still held", async (t) => {
  const [ending, next] = [await openStore(t), await openStore(t)];
  const maildropId = someMaildrop();
  granted(await ending.acquire(maildropId, WHOLE, someHolder()));
  await ending.close();
  granted(await next.acquire(maildropId, WHOLE, someHolder()));
});

test("a supervisor frees the leases of a crashed instance at once", async (t) => {
  const [crashed, supervisor] = [await openStore(t), await openStore(t)];
  const maildropId = someMaildrop();
  granted(await crashed.acquire(maildropId, WHOLE, someHolder()));
  assert.equal(await supervisor.releaseInstance(crashed.instanceId), undefined);
  assert.deepEqual(await supervisor.holders(maildropId), []);
  granted(await supervisor.acquire(maildropId, WHOLE, someHolder()));
});

test("an instance that revives after its leases were given away does not hold beside the new holder", async (t) => {
  const [paused, next] = [await openStore(t), await openStore(t)];
  const maildropId = someMaildrop();
  const old = granted(
    await paused.acquire(maildropId, { kind: "local-part", localPart: "john" }, someHolder()),
  );
  await next.releaseInstance(paused.instanceId);
  const session = someHolder();
  granted(await next.acquire(maildropId, WHOLE, session));
  // The same partition: it lives there again.
  granted(await paused.acquire(maildropId + 64, WHOLE, someHolder()));
  const holders = await next.holders(maildropId);
  assert(!isFault(holders));
  assert.deepEqual(
    holders.map(({ sessionId }) => sessionId),
    [session.sessionId],
  );
  await old.release();
  assert.deepEqual(await paused.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
});

test("an instance whose heartbeat got lost still excludes its own sessions from each other", async (t) => {
  const [store, other] = [await openStore(t), await openStore(t)];
  const maildropId = someMaildrop();
  granted(await store.acquire(maildropId, WHOLE, someHolder()));
  await other.releaseInstance(store.instanceId);
  assert.deepEqual(await store.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
});

test("the token of a maildrop only grows, also past a flush", async (t) => {
  const store = await openStore(t);
  const client = await openClient(t);
  const maildropId = someMaildrop();
  const tokens: bigint[] = [];
  for (let round = 0; round < 50; round += 1) {
    const lease = granted(await store.acquire(maildropId, WHOLE, someHolder()));
    const [value] = await client.hvals(`lease:{${maildropId % 64}}:${maildropId}`);
    tokens.push(BigInt(value?.split(" ")[0] ?? ""));
    if (round === 25) await client.flushall();
    else await lease.release();
  }
  assert.deepEqual(
    tokens,
    [...new Set(tokens)].toSorted((a, b) => (a < b ? -1 : 1)),
  );
});

test("a login costs one command, its end another, and a session between them none", async (t) => {
  const store = await openStore(t);
  granted(await store.acquire(someMaildrop(), WHOLE, someHolder())); // The scripts are loaded.
  await granted(await store.acquire(someMaildrop(), WHOLE, someHolder())).release();
  const client = await openClient(t);
  const monitor = await client.monitor();
  t.after(() => monitor.disconnect());
  const seen: string[][] = [];
  monitor.on("monitor", (_time: string, args: string[], source: string) => {
    if (source !== "lua" && args.some((argument) => argument.includes(store.instanceId))) seen.push(args);
  });
  const maildropId = someMaildrop();
  const lease = granted(await store.acquire(maildropId, WHOLE, someHolder()));
  await lease.release();
  const end = once(monitor, "monitor");
  await client.echo("end");
  await end;
  const isBeat = (args: string[]): boolean =>
    args[0] === "evalsha" && args[3]?.startsWith("instance:{") === true;
  const ours = seen.filter((args) => !isBeat(args));
  assert.deepEqual(
    ours.map(([command]) => command?.toLowerCase()),
    ["evalsha", "evalsha"],
  );
});

test("with an ACL user that may do only what the README says, all of it works", async (t) => {
  const admin = await openClient(t);
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const rights = /ACL user: `([^`]+)`/.exec(readme)?.[1] ?? "";
  await admin.call("ACL", "SETUSER", "poplar", "on", ">se:cr@t", ...rights.split(/\s+/));
  const url = `redis://poplar:${encodeURIComponent("se:cr@t")}@127.0.0.1:${redis.port}`;
  const store = await openStore(t, { target: { kind: "single", url } });
  const maildropId = someMaildrop();
  const session = someHolder();
  granted(await store.acquire(maildropId, WHOLE, session));
  const told = new Promise<string>((resolve) => store.onBroken(resolve));
  assert.equal(await store.breakLeases(maildropId), 1);
  assert.equal(await told, session.sessionId);
  assert.deepEqual(await store.holders(maildropId), []);
  assert.equal(await store.check(), undefined);
  await findsItself(t, url);
  await countsAndKeeps(t, url);
});

test("the rights in infra/redis are those of the README", () => {
  const rightsIn = (path: string, from: RegExp): string[] | undefined =>
    from.exec(readFileSync(new URL(path, import.meta.url), "utf8"))?.[1]?.split(/\s+/);
  const documented = rightsIn("../README.md", /ACL user: `([^`]+)`/);
  const example = rightsIn("../../../infra/redis/redis.conf", /(resetchannels.*)$/m);
  assert.deepEqual(example, documented);
});

test("installations with different prefixes do not meet", async (t) => {
  const [one, other] = [await openStore(t, { keyPrefix: "a:" }), await openStore(t, { keyPrefix: "b:" })];
  const maildropId = someMaildrop();
  granted(await one.acquire(maildropId, WHOLE, someHolder()));
  granted(await other.acquire(maildropId, WHOLE, someHolder()));
});

test("an address that is not one of a Redis is refused at once", async () => {
  await assert.rejects(
    createRedisLeaseStore({ target: { kind: "single", url: "http://localhost" } }),
    TypeError,
  );
});

async function openStore(t: TestContext, options: Partial<RedisLeaseOptions> = {}): Promise<RedisLeaseStore> {
  const store = await createRedisLeaseStore({ target: { kind: "single", url: redis.url }, ...options });
  t.after(async () => store.close());
  return store;
}

async function openClient(t: TestContext): Promise<Redis> {
  const client = new Redis(redis.port, "127.0.0.1");
  t.after(() => client.disconnect());
  await client.ping();
  return client;
}

/** Joins and asks with one registry, with the rights of a URL. */
async function findsItself(t: TestContext, url: string): Promise<void> {
  const registry = createRedisSessionRegistry({ target: { kind: "single", url }, node: "here" });
  t.after(() => registry.close());
  const session = { ...someHolder(), listener: "pop3", mechanism: "USER", tlsVersion: "TLSv1.3" };
  const found = [{ ...session, sinceMs: 1, commands: 1, octetsSent: 0 }];
  registry.join({ findSessions: () => found, endSessions: () => found });
  await until("the session is found", async () => {
    const answer = await registry.findSessions({ limit: 10 });
    return !isFault(answer) && answer.sessions.length === 1 && answer.silentNodes.length === 0;
  });
}

/** What else the processes of a fleet have in common. */
async function countsAndKeeps(t: TestContext, url: string): Promise<void> {
  const target = { kind: "single", url } as const;
  const attempts = createRedisAttemptCounter({ target });
  const pacer = createRedisLoginPacer({ target });
  const replays = await createRedisReplayStore({ target });
  t.after(async () => {
    for (const one of [attempts, pacer, replays]) one.close();
  });
  await until("it counts", async () => (await attempts.add("somebody", 60)) > 0);
  assert.notDeepEqual(await attempts.read(["somebody"]), [0]);
  assert.equal(await replays.claim("a hash", 60), true);
  await until(
    "it paces",
    async () => (await pacer.take("somebody", 60)) && !(await pacer.take("somebody", 60)),
  );
  await new Promise<void>((resolve) => {
    const keys = createRedisTicketKeys({ target, secret: "of a test", changed: () => resolve() });
    t.after(() => keys.close());
  });
}
