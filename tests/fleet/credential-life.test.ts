import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRedisSessionRegistry } from "@poplar/lease";
import type { SessionRegistry } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { TcpProxy, until } from "@poplar/testkit";
import { type AccessLab, serveApi } from "../operations/access-lab.ts";
import { type Fleet, PASSWORD, startFleet } from "./fleet.ts";
import { PopClient } from "./pop-client.ts";

// Who is shut out is out at once, on whatever front end he is; and what becomes of that without Redis.

const stops: (() => unknown)[] = [];
let fleet: Fleet;
/** Between the API and Redis. */
let redis: TcpProxy;
let registry: SessionRegistry;
let api: Pick<AccessLab, "platform" | "ask">;

before(async () => {
  fleet = await startFleet({ pop3: 2, lmtp: 1, heartbeatTtlMs: 3000 });
  redis = await TcpProxy.start({ host: "127.0.0.1", port: fleet.redis.port });
  const url = `redis://127.0.0.1:${redis.port}`;
  registry = createRedisSessionRegistry({ target: { kind: "single", url }, node: "api" });
  api = await serveApi({ after: (stop) => stops.push(stop) }, { storage: fleet.storage, sessions: registry });
});

after(async () => {
  for (const stop of stops) await stop();
  await registry.close();
  await redis[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
});

async function attempt(
  nth: 0 | 1,
  name: string,
  password = PASSWORD,
): Promise<PopClient & { answer: string }> {
  const client = await PopClient.connect(fleet.pop3[nth]?.port ?? 0);
  return Object.assign(client, { answer: await client.logIn(name, password) });
}

async function isListed(login: string): Promise<boolean> {
  const found = await registry.findSessions({ login, limit: 10 });
  return !isFault(found) && found.silentNodes.length === 0 && found.sessions.length === 1;
}

/** Tells the API to do something. @returns what it answers. */
async function operate(method: string, path: string, json?: object): Promise<Record<string, unknown>> {
  const { status, body, text } = await api.ask(method, path, {
    token: api.platform,
    ...(json !== undefined && { json }),
  });
  assert.ok(status < 300, text);
  return body;
}

const ended = (endedSessions: number) => ({ endedSessions, silentNodes: [] });

for (const nth of [0, 1] as const) {
  test(`a login that is disabled is out at once on front end ${nth}, and has deleted nothing`, async () => {
    const [name = "", other = ""] = await fleet.addLogins(2);
    await api.ask("POST", `/maildrops/${name}/messages`, {
      token: api.platform,
      message: "Subject: one\r\n\r\nOne.\r\n",
    });
    using marking = await attempt(nth, name);
    using beside = await attempt(nth, other);
    assert.match(await marking.ask("DELE 1"), /^\+OK/);
    await until("the state that comes next", async () => isListed(name));
    assert.deepEqual(await operate("POST", `/logins/${name}/disable`), ended(1));
    assert.match(await marking.line(), /^-ERR \[SYS\/TEMP\]/);
    for (const where of [0, 1] as const) {
      using again = await attempt(where, name);
      assert.match(again.answer, /^-ERR \[AUTH\]/);
    }
    assert.match(await beside.ask("QUIT"), /^\+OK/);
    await operate("POST", `/logins/${name}/enable`);
    using back = await attempt(nth, name);
    assert.match(await back.ask("STAT"), /^\+OK 1 /);
  });
}

test("a new password, and a login's removal, end what is open on any front end", async () => {
  const [changed = "", removed = ""] = await fleet.addLogins(2);
  using first = await attempt(0, changed);
  using second = await attempt(1, removed);
  await until(
    "the state that comes next",
    async () => (await isListed(changed)) && (await isListed(removed)),
  );
  const json = { password: "another horse" };
  const answer = await operate("PUT", `/logins/${changed}/password`, json);
  assert.deepEqual(answer, { ...ended(1), revokedAppPasswords: 0, keptAppPasswords: 0 });
  assert.match(await first.line(), /^-ERR/);
  assert.deepEqual(await operate("DELETE", `/logins/${removed}`), ended(1));
  assert.match(await second.line(), /^-ERR/);
});

test("without Redis a login is disabled all the same, and the answer says that sessions go on", async () => {
  const [name = ""] = await fleet.addLogins(1);
  using open = await attempt(0, name);
  await until("the state that comes next", async () => isListed(name));
  redis.refuse();
  await until("the state that comes next", async () => isFault(await registry.findSessions({ limit: 1 })));
  assert.deepEqual(await operate("POST", `/logins/${name}/disable`), {
    endedSessions: null,
    silentNodes: [],
  });
  using again = await attempt(1, name);
  assert.match(again.answer, /^-ERR \[AUTH\]/);
  assert.match(await open.ask("NOOP"), /^\+OK/);
  redis.heal();
  await until("the state that comes next", async () => isListed(name));
  assert.equal((await operate("DELETE", `/sessions?login=${name}`))["isMoreLeft"], false);
  assert.match(await open.line(), /^-ERR/);
});
