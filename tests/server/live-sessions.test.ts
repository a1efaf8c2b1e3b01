import assert from "node:assert/strict";
import { test } from "node:test";
import { LOGIN, until } from "@poplar/testkit";
import { HeldStep, Lab } from "./lab.ts";

test("live sessions are found by login, address and id, with what they have done", async () => {
  await using lab = await Lab.start();
  const stranger = await lab.connect();
  const alice = await lab.connectTls();
  await alice.logIn();
  await alice.ask("NOOP");
  const [first, second, ...more] = lab.server
    .findSessions({ limit: 10 })
    .toSorted((one, other) => Number(one.login !== undefined) - Number(other.login !== undefined));
  assert(first !== undefined && second !== undefined && more.length === 0);
  assert.equal(first.login, undefined);
  assert.equal(first.listener, "pop3");
  const { sessionId, sinceMs, ...known } = second;
  assert.deepEqual(known, {
    listener: "pop3s",
    address: "127.0.0.1",
    login: LOGIN.name,
    mechanism: "USER",
    tlsVersion: "TLSv1.3",
    commands: 3,
    octetsSent: 0,
  });
  assert(Math.abs(sinceMs - Date.now()) < 60_000);
  const idsOf = (query: object) =>
    lab.server.findSessions({ limit: 10, ...query }).map((session) => session.sessionId);
  assert.deepEqual(idsOf({ login: LOGIN.name }), [sessionId]);
  assert.deepEqual(idsOf({ sessionId: first.sessionId }), [first.sessionId]);
  assert.deepEqual(idsOf({ address: "192.0.2.1" }), []);
  const [oldest = first] = lab.server.findSessions({ limit: 1 });
  const behind = idsOf({ after: oldest });
  assert.deepEqual(new Set([oldest.sessionId, ...behind]), new Set([first.sessionId, sessionId]));
  assert.equal(behind.length, 1);
  await stranger.ask("QUIT");
});

test("a session that is ended deletes nothing, says so, and frees its maildrop (RFC 1939 §6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  const ended = lab.server.endSessions({ login: LOGIN.name, limit: 10 });
  assert.equal(ended.length, 1);
  assert.match(await client.rest(), /^-ERR \[SYS\/TEMP\] .*nothing was deleted/);
  assert.equal((await lab.heard.summary()).endReason, "ended-by-operator");
  assert.equal(lab.store.messages.length, 1);
  assert.equal(await lab.isHeld(), false);
});

test("a QUIT that is being carried out is not ended, but ends (RFC 1939 §6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const removal = new HeldStep();
  lab.store.beforeRemove = removal.hold;
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  client.send("QUIT\r\n");
  await removal.begun;
  lab.server.endSessions({ limit: 10 });
  removal.letGo();
  assert.match(await client.line(), /^\+OK/);
  assert.equal(lab.store.messages.length, 0);
});

test("who is being let in when the sessions of his login are ended is not let in, and others are", async () => {
  await using lab = await Lab.start();
  const hash = new HeldStep();
  lab.authenticator.before = async () => {
    await hash.hold();
    return undefined;
  };
  const client = await lab.connect();
  await client.ask(`USER ${LOGIN.name}`);
  client.send(`PASS ${LOGIN.password}\r\n`);
  await hash.begun;
  lab.server.endSessions({ login: "somebody@else.test", limit: 10 });
  lab.server.endSessions({ login: LOGIN.name, limit: 10 });
  hash.letGo();
  assert.match(await client.line(), /^-ERR \[SYS\/TEMP\]/);
  assert.equal(await lab.isHeld(), false);
  // The order was for those who were there: whoever is still known comes in with the next proof.
  await client.logIn();
  await client.ask("QUIT");
});

test("who waits for a maildrop when the sessions of his login are ended does not get it", async () => {
  await using lab = await Lab.start({ limits: { leaseWaitMsMax: 60_000 } });
  const holder = await lab.connect();
  await holder.logIn();
  const waiting = await lab.connect();
  await waiting.ask(`USER ${LOGIN.name}`);
  waiting.send(`PASS ${LOGIN.password}\r\n`);
  await until("the state that comes next", async () => lab.authenticator.peers.length === 2);
  lab.server.endSessions({ login: LOGIN.name, limit: 10 });
  assert.match(await waiting.line(), /^-ERR \[SYS\/TEMP\]/);
  assert.equal(await lab.isHeld(), false);
});
