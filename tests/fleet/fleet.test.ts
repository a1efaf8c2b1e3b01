import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hashPassword } from "@poplar/auth";
import { History, until } from "@poplar/testkit";
import { type Fleet, type FrontEnd, PASSWORD, startFleet } from "./fleet.ts";
import { PopClient } from "./pop-client.ts";
import { deliver, Session } from "./workload.ts";

const heartbeatTtlMs = 1500;

/**
 * The clock of its second front end is an hour fast: nothing here may depend on what time a front end
 * believes it is.
 */
let fleet: Fleet;

before(async () => {
  fleet = await startFleet({
    pop3: 2,
    lmtp: 1,
    heartbeatTtlMs,
    clockErrorOf: (pop3) => (pop3 === 2 ? "+1h" : "+0"),
  });
});

after(async () => fleet[Symbol.asyncDispose]());

/** A maildrop with so many messages. */
async function maildropWith(messages: number): Promise<string> {
  const [name = ""] = await fleet.addLogins(1);
  // Not by HAProxy, which takes a front end out that a busy machine makes slow to say that it is healthy.
  const ports = { pop3: 0, lmtp: fleet.lmtp[0]?.port ?? 0 };
  for (let left = messages; left > 0; left -= 1) {
    assert.equal(await deliver({ history: new History(), ports }, name), "acknowledged");
  }
  return name;
}

function frontEnd(index: 0 | 1): FrontEnd {
  const found = fleet.pop3[index];
  assert(found !== undefined);
  return found;
}

/** @returns the session, or `undefined` when it was refused. */
async function open({ port }: { readonly port: number }, name: string): Promise<Session | undefined> {
  return Session.open({ history: new History(), ports: { pop3: port, lmtp: 0 } }, name);
}

async function opened(at: { readonly port: number }, name: string): Promise<Session> {
  const session = await open(at, name);
  assert(session !== undefined, `${name} cannot be opened`);
  return session;
}

/** Tries until the maildrop opens. */
async function openedAtLast(at: { readonly port: number }, name: string): Promise<Session> {
  let session: Session | undefined;
  await until("the maildrop opens", async () => (session = await open(at, name)) !== undefined);
  assert(session !== undefined);
  return session;
}

/** The answer to PASS, and how long it took. */
async function refusal({ port }: FrontEnd, name: string): Promise<{ answer: string; milliseconds: number }> {
  using client = await PopClient.connect(port);
  await client.ask(`USER ${name}`);
  const askedMs = performance.now();
  const answer = await client.ask(`PASS ${PASSWORD}`);
  return { answer, milliseconds: performance.now() - askedMs };
}

async function countMessages(name: string): Promise<number> {
  using session = await openedAtLast(frontEnd(1), name);
  const messages = await session.list();
  await session.quit();
  return messages.length;
}

test("the clock of one front end is an hour fast", async () => {
  const hours = await Promise.all(
    fleet.pop3.map(async ({ healthPort }) => {
      const { headers } = await fetch(`http://127.0.0.1:${healthPort}/health/live`);
      return (Date.parse(headers.get("date") ?? "") - Date.now()) / 3_600_000;
    }),
  );
  assert.deepEqual(
    hours.map((error) => Math.abs(Math.round(error))),
    [0, 1],
  );
});

test("two processes exclude each other: [IN-USE], until the first one has quit (RFC 1939 §4, RFC 2449 §8.1.2)", async () => {
  const name = await maildropWith(1);
  using first = await opened(frontEnd(0), name);
  assert.match((await refusal(frontEnd(1), name)).answer, /^-ERR \[IN-USE\]/);
  await first.retrieve(1);
  assert.match((await first.quit()) ?? "", /^\+OK/);
  using second = await opened(frontEnd(1), name);
  await second.quit();
});

test("a process that is paused past its lease in a session with deletions deletes nothing, and says so (P1, P3)", async () => {
  const name = await maildropWith(3);
  const { app } = frontEnd(0);
  using overtaken = await opened(frontEnd(0), name);
  await overtaken.list();
  await overtaken.mark(1);
  await overtaken.mark(2);
  app.pause();
  using later = await openedAtLast(frontEnd(1), name);
  const answer = overtaken.quit();
  app.resume();
  assert.match((await answer) ?? "", /^-ERR \[SYS\/TEMP\] .*nothing was deleted/);
  assert.equal((await later.list()).length, 3);
  for (const number of [1, 2, 3]) await later.retrieve(number);
  await later.quit();
  assert.equal(await countMessages(name), 3);
});

test("the leases of a front end that was killed are free within its heartbeat time", async () => {
  const name = await maildropWith(1);
  const { app } = frontEnd(0);
  using lost = await opened(frontEnd(0), name);
  await lost.mark(1);
  await app.kill();
  const killedMs = performance.now();
  using next = await openedAtLast(frontEnd(1), name);
  // A login looks again every half second at the latest (leaseWaitMs), and takes its time.
  const waitedMs = performance.now() - killedMs;
  assert(waitedMs < heartbeatTtlMs + 1000, `${Math.round(waitedMs)} ms`);
  assert.equal((await next.list()).length, 1);
  await next.quit();
  await app.start();
});

test("a client whose line was cut is not locked out by its old session", async () => {
  const name = await maildropWith(1);
  using cut = await opened(fleet.clients.pop3, name);
  await cut.mark(1);
  fleet.clients.pop3.cut();
  const cutMs = performance.now();
  using next = await openedAtLast(fleet.clients.pop3, name);
  assert(performance.now() - cutMs < heartbeatTtlMs / 2);
  assert.equal((await next.list()).length, 1);
  await next.quit();
});

test("a password that was changed opens nothing on any front end, not even where it opened a moment ago", async () => {
  const name = await maildropWith(2);
  for (const each of [frontEnd(0), frontEnd(1), frontEnd(0), frontEnd(1)]) {
    using session = await opened(each, name);
    await session.quit();
  }
  await fleet.storage.registry.setPassword(name, await hashPassword("another"));
  for (const each of fleet.pop3) assert.match((await refusal(each, name)).answer, /^-ERR \[AUTH\]/);
  // In use, for whom the old password has not told.
  using client = await PopClient.connect(frontEnd(0).port);
  assert.match(await client.logIn(name, "another"), /^\+OK/);
  assert.match(await client.ask("DELE 1"), /^\+OK/);
  assert.match((await refusal(frontEnd(1), name)).answer, /^-ERR \[AUTH\]/);
  assert.match(await client.ask("QUIT"), /^\+OK/);
  await fleet.storage.registry.setPassword(name, await hashPassword(PASSWORD));
  assert.equal(await countMessages(name), 1);
});

test("without Redis new logins hear [SYS/TEMP] within a second, open sessions finish, and it recovers by itself (P6)", async () => {
  const name = await maildropWith(2);
  using session = await opened(frontEnd(0), name);
  await session.list();
  await session.mark(1);
  await fleet.redis.kill();
  const { answer, milliseconds } = await refusal(frontEnd(1), name);
  assert.match(answer, /^-ERR \[SYS\/TEMP\]/);
  assert(milliseconds < 1000, `${Math.round(milliseconds)} ms`);
  await session.retrieve(2);
  // The fence is Postgres': deleting needs no Redis.
  assert.match((await session.quit()) ?? "", /^\+OK/);
  await fleet.redis.start();
  assert.equal(await countMessages(name), 1);
  await Promise.all(fleet.pop3.map(async ({ app }) => app.untilReady()));
});

test("a Redis that falls silent is one that is gone: [SYS/TEMP] within a second (P6)", async () => {
  const name = await maildropWith(0);
  const { redis } = frontEnd(1);
  redis.blackHole("up", "down");
  const { answer, milliseconds } = await refusal(frontEnd(1), name);
  assert.match(answer, /^-ERR \[SYS\/TEMP\]/);
  assert(milliseconds < 1000, `${Math.round(milliseconds)} ms`);
  redis.heal();
  assert.equal(await countMessages(name), 0);
});

test("without Postgres new logins hear [SYS/TEMP] at once, and it recovers by itself (P6)", async () => {
  const name = await maildropWith(1);
  const { postgres } = frontEnd(1);
  postgres.refuse();
  const { answer, milliseconds } = await refusal(frontEnd(1), name);
  assert.match(answer, /^-ERR \[SYS\/TEMP\]/);
  assert(milliseconds < 1000, `${Math.round(milliseconds)} ms`);
  postgres.heal();
  assert.equal(await countMessages(name), 1);
});
