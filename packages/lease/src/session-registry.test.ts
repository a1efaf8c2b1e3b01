import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import {
  comparePlaces,
  type FleetSessions,
  firstInOrder,
  isMeant,
  type LiveSession,
  type SessionHost,
  type SessionQuery,
  type SessionRegistry,
} from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { until, within } from "@poplar/testkit";
import { Redis } from "ioredis";
import { createMemorySessionRegistry } from "./memory-session-registry.ts";
import { createRedisSessionRegistry, type RedisSessionOptions } from "./redis-session-registry.ts";
import { type DisposableRedis, withRedis } from "./testing.ts";

const stops: (() => Promise<void>)[] = [];
let redis: DisposableRedis;

before(async () => {
  redis = await withRedis({ after: (stop) => stops.push(stop) });
});
after(async () => {
  for (const stop of stops) await stop();
});

const ALL: SessionQuery = { limit: 1000 };

let sessions = 0;

function sessionOf(login: string | undefined, address = "192.0.2.1"): LiveSession {
  sessions += 1;
  return {
    sessionId: `session-${sessions}`,
    listener: "pop3",
    address,
    login,
    mechanism: login && "USER",
    tlsVersion: undefined,
    sinceMs: sessions,
    commands: 2,
    octetsSent: 0,
  };
}

/** A process with sessions that end when they are told to. */
class Host implements SessionHost {
  open: LiveSession[];

  constructor(...open: LiveSession[]) {
    this.open = open;
  }

  findSessions(query: SessionQuery): readonly LiveSession[] {
    return firstInOrder(
      this.open.filter((session) => isMeant(session, query)),
      query.limit,
    );
  }

  endSessions(query: SessionQuery): readonly LiveSession[] {
    const ended = this.findSessions(query);
    this.open = this.open.filter((session) => !ended.includes(session));
    return ended;
  }
}

let prefixes = 0;

/** Registries of processes that see each other and nobody else. */
function openFleet(
  t: TestContext,
  hosts: Readonly<Record<string, Host | undefined>>,
  more: Partial<RedisSessionOptions> = {},
): Record<string, SessionRegistry> {
  prefixes += 1;
  const keyPrefix = `fleet-${prefixes}:`;
  const opened = Object.entries(hosts).map(([node, host]): [string, SessionRegistry] => {
    const target = { kind: "single", url: redis.url } as const;
    const registry = createRedisSessionRegistry({ target, node, keyPrefix, answerMsMax: 400, ...more });
    if (host !== undefined) registry.join(host);
    t.after(() => registry.close());
    return [node, registry];
  });
  return Object.fromEntries(opened);
}

async function found(registry: SessionRegistry | undefined, query: SessionQuery) {
  const answer = await registry?.findSessions(query);
  assert(answer !== undefined && !isFault(answer), JSON.stringify(answer));
  return answer;
}

/** Asks until so many sessions are found: processes join in their own time. */
async function foundAtLast(registry: SessionRegistry | undefined, count: number) {
  await until("so many sessions", async () => {
    const answer = await registry?.findSessions(ALL);
    return answer !== undefined && !isFault(answer) && answer.sessions.length === count;
  });
  return found(registry, ALL);
}

test("the sessions of all processes are found from any, also from one that has none", async (t) => {
  const [one, two, three] = [sessionOf("alice"), sessionOf("bob"), sessionOf(undefined)];
  const fleet = openFleet(t, {
    "mx1/pop3/1": new Host(one, three),
    "mx2/pop3/1": new Host(two),
    api: undefined,
  });
  const { sessions: all, silentNodes } = await foundAtLast(fleet["api"], 3);
  assert.deepEqual(silentNodes, []);
  // What has no value is not sent.
  const noted = (session: LiveSession, node: string) =>
    Object.fromEntries(Object.entries({ ...session, node }).filter(([, value]) => value !== undefined));
  assert.deepEqual(all, [noted(one, "mx1/pop3/1"), noted(two, "mx2/pop3/1"), noted(three, "mx1/pop3/1")]);
  assert.deepEqual((await found(fleet["mx2/pop3/1"], ALL)).sessions, all);
});

test("sessions are found by login, address and id, at most as many as wanted", async (t) => {
  const here = sessionOf("alice", "192.0.2.7");
  const many = Array.from({ length: 900 }, () => sessionOf("bob"));
  const fleet = openFleet(t, { one: new Host(here, ...many), two: new Host(sessionOf("alice")) });
  await foundAtLast(fleet["two"], 902);
  const byLogin = await found(fleet["two"], { ...ALL, login: "alice" });
  assert.deepEqual(byLogin.sessions.map(({ node }) => node).toSorted(), ["one", "two"]);
  const byAddress = await found(fleet["two"], { ...ALL, address: "192.0.2.7" });
  assert.deepEqual(
    byAddress.sessions.map(({ sessionId }) => sessionId),
    [here.sessionId],
  );
  assert.equal((await found(fleet["two"], { login: "bob", limit: 500 })).sessions.length, 500);
  assert.deepEqual((await found(fleet["two"], { ...ALL, sessionId: "nobody" })).sessions, []);
});

test("a session is ended from anywhere, and no other with it", async (t) => {
  const [alice, other] = [sessionOf("alice"), sessionOf("alice")];
  const [one, two] = [new Host(alice), new Host(other)];
  const fleet = openFleet(t, { one, two, api: undefined });
  await foundAtLast(fleet["api"], 2);
  const ended = await fleet["api"]?.endSessions({ ...ALL, sessionId: alice.sessionId });
  assert(ended !== undefined && !isFault(ended));
  assert.deepEqual(
    ended.sessions.map(({ sessionId, node }) => [sessionId, node]),
    [[alice.sessionId, "one"]],
  );
  assert.deepEqual([one.open, two.open], [[], [other]]);
});

test("a process that does not answer is named, and forgotten when it says nothing for long", async (t) => {
  const keyPrefix = "ghost:";
  const fleet = openFleet(t, { one: new Host(sessionOf("alice")) }, { nodeTtlMs: 600, keyPrefix });
  await foundAtLast(fleet["one"], 1);
  const client = new Redis(redis.url);
  t.after(async () => client.disconnect());
  await client.zadd(`${keyPrefix}nodes`, Date.now(), "an-id mx9/pop3/1");
  const { sessions: heard, silentNodes } = await found(fleet["one"], ALL);
  assert.equal(heard.length, 1);
  assert.deepEqual(silentNodes, ["mx9/pop3/1"]);
  await until("no node is silent", async () => (await found(fleet["one"], ALL)).silentNodes.length === 0);
});

test("a process that closes is missed by nobody", async (t) => {
  const fleet = openFleet(t, { one: new Host(sessionOf("alice")), two: new Host(sessionOf("bob")) });
  await foundAtLast(fleet["one"], 2);
  await fleet["two"]?.close();
  const { sessions: left, silentNodes } = await found(fleet["one"], ALL);
  assert.deepEqual([left.length, silentNodes], [1, []]);
});

test("slice by slice all sessions of all processes are found once, whatever has the same moment", async (t) => {
  const sinceMs = 1000;
  const open = Array.from({ length: 25 }, (_, index) => ({
    ...sessionOf("alice"),
    sinceMs: sinceMs + Math.floor(index / 10),
  }));
  const isOfOne = (index: number): boolean => index % 3 === 0;
  const fleet = openFleet(t, {
    one: new Host(...open.filter((_, index) => isOfOne(index)).toReversed()),
    two: new Host(...open.filter((_, index) => !isOfOne(index))),
  });
  await foundAtLast(fleet["one"], open.length);
  const seen: string[] = [];
  let last: LiveSession | undefined;
  do {
    const { sessions: slice }: FleetSessions = await found(fleet["one"], { after: last, limit: 4 });
    seen.push(...slice.map(({ sessionId }) => sessionId));
    last = slice.at(-1);
  } while (last !== undefined);
  assert.deepEqual(
    seen,
    open.toSorted(comparePlaces).map(({ sessionId }) => sessionId),
  );
});

test("without Redis there is a fault within a second, and answers when it is back", async (t) => {
  const own = await withRedis(t);
  const target = { kind: "single", url: own.url } as const;
  const fleet = openFleet(t, { one: new Host(sessionOf("alice")) }, { target });
  await foundAtLast(fleet["one"], 1);
  await own.kill();
  assert(isFault(await within(1000, async () => fleet["one"]?.findSessions(ALL))));
  await own.start();
  await foundAtLast(fleet["one"], 1);
});

test("each process ends as many as it may, and all that were ended are told", async (t) => {
  const hosts = [0, 1].map(() => new Host(...Array.from({ length: 500 }, () => sessionOf("bob"))));
  const [one, two] = hosts;
  const fleet = openFleet(t, { one, two, api: undefined });
  await foundAtLast(fleet["api"], 1000);
  const ended = await fleet["api"]?.endSessions({ login: "bob", limit: 450 });
  assert(ended !== undefined && !isFault(ended));
  assert.equal(ended.sessions.length, 900);
  assert.deepEqual(
    hosts.map(({ open }) => open.length),
    [50, 50],
  );
});

test("in one process the registry is that process", async () => {
  const registry = createMemorySessionRegistry("here");
  const alice = sessionOf("alice");
  const host = new Host(alice, sessionOf("bob"));
  registry.join(host);
  assert.deepEqual(await registry.findSessions({ ...ALL, login: "alice" }), {
    sessions: [{ ...alice, node: "here" }],
    silentNodes: [],
  });
  await registry.endSessions({ ...ALL, login: "alice" });
  assert.equal(host.open.length, 1);
});
