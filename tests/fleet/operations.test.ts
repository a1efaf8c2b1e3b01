import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hashPassword } from "@poplar/auth";
import { createRedisSessionRegistry } from "@poplar/lease";
import { type FleetSession, isRegistryFault, type SessionRegistry } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { until } from "@poplar/testkit";
import { type Fleet, PASSWORD, startFleet } from "./fleet.ts";
import { PopClient } from "./pop-client.ts";

let fleet: Fleet;
/** As a process of the API has it, which serves no clients. */
let registry: SessionRegistry;

before(async () => {
  fleet = await startFleet({ pop3: 2, lmtp: 1, heartbeatTtlMs: 3000 });
  registry = createRedisSessionRegistry({ target: { kind: "single", url: fleet.redis.url }, node: "test" });
});

after(async () => {
  await registry.close();
  await fleet[Symbol.asyncDispose]();
});

/** Logs in on the nth front end. */
async function attempt(
  nth: 0 | 1,
  name: string,
  password = PASSWORD,
): Promise<PopClient & { answer: string }> {
  const client = await PopClient.connect(fleet.pop3[nth]?.port ?? 0);
  return Object.assign(client, { answer: await client.logIn(name, password) });
}

async function sessionsOf(login: string): Promise<readonly FleetSession[]> {
  const found = await registry.findSessions({ login, limit: 10 });
  assert(!isFault(found));
  assert.deepEqual(found.silentNodes, []);
  return found.sessions;
}

test("who is connected where is known from anywhere, and ended from anywhere", async () => {
  const [one = "", two = ""] = await fleet.addLogins(2);
  using first = await attempt(0, one);
  using second = await attempt(1, two);
  await until(
    "both sessions are known",
    async () => (await sessionsOf(one)).length + (await sessionsOf(two)).length === 2,
  );
  const [here] = await sessionsOf(one);
  const [there] = await sessionsOf(two);
  assert(here !== undefined && there !== undefined);
  assert.notEqual(here.node, there.node);
  assert.match(there.node, new RegExp(`/pop3/${fleet.pop3[1]?.app.pid}$`));
  await registry.endSessions({ sessionId: there.sessionId, limit: 10 });
  assert.match(await second.line(), /^-ERR \[SYS\/TEMP\]/);
  await until("the session has ended", async () => (await sessionsOf(two)).length === 0);
  assert.match(await first.ask("QUIT"), /^\+OK/);
});

test("a changed password, and a login that is shut out, count on every node at the next login", async () => {
  const [name = ""] = await fleet.addLogins(1);
  for (const nth of [0, 1] as const) {
    using remembered = await attempt(nth, name);
    assert.match(await remembered.ask("QUIT"), /^\+OK/);
  }
  const changed = await hashPassword("another horse", { memoryKib: 64, passes: 1, lanes: 1 });
  assert(!isRegistryFault(await fleet.storage.registry.setPassword(name, changed)));
  for (const nth of [0, 1] as const) {
    using old = await attempt(nth, name);
    assert.match(old.answer, /^-ERR \[AUTH\]/);
    using now = await attempt(nth, name, "another horse");
    assert.match(await now.ask("QUIT"), /^\+OK/);
  }
  assert.equal(await fleet.storage.registry.setDisabled(name, true), undefined);
  for (const nth of [0, 1] as const) {
    using shutOut = await attempt(nth, name, "another horse");
    assert.match(shutOut.answer, /^-ERR/);
  }
});
