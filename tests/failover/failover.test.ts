import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openStorage } from "@poplar/storage";
import { deafEvents, silentLog } from "@poplar/storage/testing";
import { checkHistory, History, until } from "@poplar/testkit";
import { addLogins, PASSWORD } from "../fleet/fleet.ts";
import { PopClient } from "../fleet/pop-client.ts";
import { Random } from "../fleet/random.ts";
import { audit, deliver, workUntilAborted } from "../fleet/workload.ts";
import { FrontEnds } from "./front-ends.ts";
import { PatroniCluster } from "./patroni.ts";
import { type Interruption, Probe } from "./probe.ts";
import { RedisGroup } from "./redis-group.ts";

/** Clients that deliver and collect all the time, half of them at each front end. */
const clientCount = 6;

const TEMPORARY = /^-ERR \[SYS\/TEMP\]/;

let cluster: PatroniCluster;
let redis: RedisGroup;
let frontEnds: FrontEnds;
let probes: readonly Probe[];
/** Maildrops that the clients work in, and such as only one test looks into. */
let shared: readonly string[];
let own: string[];
let clients: Promise<unknown>;
const history = new History();
const working = new AbortController();
const opened = new AsyncDisposableStack();

before(
  async () => {
    redis = opened.use(await RedisGroup.start());
    cluster = opened.use(await PatroniCluster.start());
    frontEnds = opened.use(
      await FrontEnds.start({ postgresUrl: cluster.url("poplar"), redisUrl: redis.url }),
    );
    const options = { connection: cluster.url("poplar"), log: silentLog, events: deafEvents };
    const storage = await openStorage(options);
    const names = await addLogins(storage, 20);
    await storage.close();
    shared = names.slice(0, 6);
    own = names.slice(8);
    const { pop3, lmtp } = frontEnds;
    const [first = "", second = ""] = names.slice(6, 8);
    // What is empty needs no fence, and asks less of Postgres.
    for (const name of [first, second]) await fill(name, 1);
    probes = [
      Probe.logins("logins at one front end", pop3[0].port, first),
      Probe.logins("logins at the other", pop3[1].port, second),
      Probe.deliveries("deliveries", lmtp.port, own.pop() ?? ""),
    ].map((probe) => opened.use(probe));
    clients = Promise.all(
      Array.from({ length: clientCount }, async (_, index) => {
        const ports = { pop3: pop3[index % 2 === 0 ? 0 : 1].port, lmtp: lmtp.port };
        const random = new Random(index);
        await workUntilAborted({ history, ports, random, maildrops: shared, signal: working.signal });
      }),
    );
    await untilServed(performance.now());
  },
  { timeout: 240_000 },
);

after(async () => {
  working.abort();
  await opened.disposeAsync();
});

/** Waits until all kinds of clients are served. */
async function untilServed(since: number): Promise<void> {
  await Promise.all(probes.map((probe) => probe.untilServed(since, 60_000)));
}

/** Waits until these clients have been refused since then, and are served again. */
async function untilServedAgain(since: number, refused: readonly Probe[]): Promise<void> {
  const all = refused.map(async (probe) => probe.untilServedAgain(since, 75_000));
  await Promise.all(all).catch((err: unknown) => {
    throw new Error(`${cluster.output()}\n${redis.output()}`, { cause: err });
  });
}

const portsOf = (pop3: 0 | 1) => ({ pop3: frontEnds.pop3[pop3].port, lmtp: frontEnds.lmtp.port });

async function fill(maildrop: string, messages: number): Promise<void> {
  for (let count = 0; count < messages; count += 1) {
    assert.equal(await deliver({ history, ports: portsOf(0) }, maildrop), "acknowledged");
  }
}

async function logIn(maildrop: string, frontEnd: 0 | 1): Promise<PopClient> {
  const client = await PopClient.connect(portsOf(frontEnd).pop3);
  assert.match(await client.logIn(maildrop, PASSWORD), /^\+OK/);
  return client;
}

/** A maildrop of two that only this test knows. */
async function maildropOfTwo(): Promise<string> {
  const name = own.pop();
  assert(name !== undefined);
  await fill(name, 2);
  return name;
}

/** What clients heard since then: nothing but that it is temporary, and never nothing. */
function reportInterruptions(t: TestContext, since: number): readonly Interruption[] {
  return probes.map((probe) => {
    const interruption = probe.interruption(since);
    t.diagnostic(`${probe.name}: ${JSON.stringify(interruption)}`);
    for (const refusal of Object.keys(interruption.refusals))
      assert.match(refusal, /^(?:-ERR \[SYS\/TEMP\]|4\d\d$)/);
    return interruption;
  });
}

/** Does something while clients have nothing to do but to see that their sessions go on. */
async function whileTheyStay(staying: readonly PopClient[], change: () => Promise<void>): Promise<void> {
  const over = new AbortController();
  const stay = async (client: PopClient): Promise<void> => {
    while (!over.signal.aborted) {
      assert.match(await client.ask("NOOP"), /^\+OK/);
      await delay(500);
    }
  };
  const changing = change().finally(() => over.abort());
  await Promise.all([changing, ...staying.map(stay)]);
}

/** Sessions that are open while Postgres changes: one that wants to delete, and one that does not. */
async function withOpenSessions(change: () => Promise<void>): Promise<void> {
  const [deleted, read] = [await maildropOfTwo(), await maildropOfTwo()];
  using deleting = await logIn(deleted, 0);
  using reading = await logIn(read, 1);
  const earlier = [await deleting.list(), await reading.list()];
  assert.match(await deleting.ask("DELE 1"), /^\+OK/);

  await whileTheyStay([deleting, reading], change);

  assert.deepEqual(await reading.list(), earlier[1], "a session that is open sees what it saw");
  for (const number of [1, 2]) assert.notEqual(await reading.retrieve(number), undefined);
  assert.match(await reading.ask("QUIT"), /^\+OK/);
  assert.match(await deleting.ask("QUIT"), TEMPORARY, "the fence was raised on another server");
  const later = [await logIn(deleted, 1), await logIn(read, 0)] as const;
  assert.deepEqual(
    await Promise.all(later.map(async (client) => client.list())),
    earlier,
    "nothing was deleted",
  );
  assert.match(await later[0].ask("DELE 1"), /^\+OK/);
  assert.match(await later[0].ask("QUIT"), /^\+OK/, "the next session deletes");
  assert.match(await later[1].ask("QUIT"), /^\+OK/);
  using last = await logIn(deleted, 0);
  assert.deepEqual(
    (await last.list()).map(({ uniqueId }) => uniqueId),
    earlier[0]?.slice(1).map(({ uniqueId }) => uniqueId),
  );
  await last.ask("QUIT");
}

test("a planned switchover: clients hear that it is temporary for some seconds, and no session is cut", {
  timeout: 150_000,
}, async (t) => {
  let since = 0;
  await withOpenSessions(async () => {
    const from = (await cluster.primary()).place.name;
    since = performance.now();
    await cluster.patronictl("switchover", "--force", "poplar");
    t.diagnostic(`patronictl took ${seconds(since)} s`);
    await until("another primary", async () => (await primaryName()) !== from, 30_000);
    await untilServed(performance.now());
  });
  for (const { seconds: took } of reportInterruptions(t, since)) assert(took < 30, `${took} s`);
  await cluster.untilWhole(60_000);
  t.diagnostic(`three hosts again after ${seconds(since)} s`);
});

test("the host of the primary dies: its standby takes over with all that was acknowledged (P1, P5)", {
  timeout: 150_000,
}, async (t) => {
  const lost = await cluster.primary();
  let since = 0;
  await withOpenSessions(async () => {
    since = performance.now();
    await lost.crash();
    await untilServedAgain(since, probes);
    assert.notEqual(await primaryName(), lost.place.name);
    assert(await frontEnds.areReady(), "balancers send clients again");
  });
  for (const { seconds: took } of reportInterruptions(t, since)) assert(took < 60, `${took} s`);
  const back = performance.now();
  lost.patroni.start();
  await cluster.untilWhole(60_000);
  t.diagnostic(`the old primary was a standby ${seconds(back)} s after its start`);
});

test("Sentinels let the replica take over: logins wait, open sessions go on and delete", {
  timeout: 150_000,
}, async (t) => {
  const maildrop = await maildropOfTwo();
  using session = await logIn(maildrop, 0);
  assert.match(await session.ask("DELE 1"), /^\+OK/);
  const lost = await redis.master();
  const since = performance.now();
  await lost.daemon.kill();
  await whileTheyStay([session], async () => untilServedAgain(since, probes.slice(0, 2)));
  assert.match(await session.ask("QUIT"), /^\+OK/, "its lease had reached the replica");
  for (const { seconds: took } of reportInterruptions(t, since)) assert(took < 30, `${took} s`);
  lost.daemon.start();
  await until("the old master follows", async () => redis.follows(lost.port), 30_000);
});

test("a lease that had not reached the new master lets a second session in, and the fence one of them delete (P3)", {
  timeout: 150_000,
}, async (t) => {
  const maildrop = await maildropOfTwo();
  const [lost, replica] = [await redis.master(), await redis.replica()];
  await redis.partReplica();
  using earlier = await logIn(maildrop, 0);
  const listed = await earlier.list();
  assert.match(await earlier.ask("DELE 1"), /^\+OK/);
  const since = performance.now();
  await lost.daemon.kill();
  await whileTheyStay([earlier], async () => untilServedAgain(since, probes.slice(0, 2)));
  using later = await logIn(maildrop, 1);
  assert.match(await earlier.ask("QUIT"), TEMPORARY, "another one has opened it since");
  assert.deepEqual(await later.list(), listed);
  assert.match(await later.ask("DELE 2"), /^\+OK/);
  assert.match(await later.ask("QUIT"), /^\+OK/);
  using last = await logIn(maildrop, 0);
  assert.deepEqual(
    (await last.list()).map(({ uniqueId }) => uniqueId),
    [listed[0]?.uniqueId],
  );
  await last.ask("QUIT");
  reportInterruptions(t, since);
  lost.daemon.start();
  await redis.joinReplica(replica.port);
});

test("after all of it no message is missing that was acknowledged, and no unique-id is another one", {
  timeout: 150_000,
}, async (t) => {
  working.abort();
  await clients;
  await Promise.all(shared.map(async (maildrop) => audit({ history, ports: portsOf(0) }, maildrop)));
  t.diagnostic(JSON.stringify(history.counts()));
  assert.deepEqual(checkHistory(history.operations), []);
  assert((history.counts()["deliver acknowledged"] ?? 0) > 100);
  assert((history.counts()["quit acknowledged"] ?? 0) > 100);
});

async function primaryName(): Promise<string | undefined> {
  return (await cluster.members()).find(({ role }) => role === "leader")?.name;
}

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
