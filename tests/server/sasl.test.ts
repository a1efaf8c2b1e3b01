import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldStep, Lab, ManualClock } from "./lab.ts";

const PLAIN = Buffer.from("\0alice@example.test\0secret with  spaces ").toString("base64");

async function start(options: Parameters<typeof Lab.start>[0] = {}): Promise<Lab> {
  const lab = await Lab.start(options);
  lab.authenticator.offered = ["PLAIN", "LOGIN"];
  return lab;
}

test("a session's summary names the mechanism that opened the maildrop", async () => {
  await using lab = await start();
  const client = await lab.connect();
  assert.match(await client.ask(`AUTH PLAIN ${PLAIN}`), /^\+OK/);
  await client.ask("QUIT");
  const summary = await lab.heard.summary();
  assert.equal(summary.mechanism, "PLAIN");
  assert.equal(summary.login, "alice@example.test");
  assert.equal(lab.authenticator.openExchanges, 0);
});

test("APOP and its timestamp are the authenticator's", async () => {
  await using lab = await start();
  lab.authenticator.timestamp = "<1896.697170952@dbc.mtview.ca.us>";
  const client = await lab.connectRaw();
  assert.match(await client.line(), /^\+OK .* <1896\.697170952@dbc\.mtview\.ca\.us>$/);
  assert.match(await client.ask(`APOP alice ${"0".repeat(32)}`), /^-ERR \[AUTH\]/);
  const { login, mechanism } = await lab.heard.one("loginRefused");
  assert.deepEqual({ login, mechanism }, { login: "alice", mechanism: "APOP" });
  assert.match(await client.ask("APOP mrose c4c9334bac560ecc979e58001b3e22fb"), /^\+OK/);
  await client.ask("QUIT");
  assert.equal((await lab.heard.summary()).mechanism, "APOP");
});

test("a refused exchange is reported with the name that the client gave in it", async () => {
  await using lab = await start();
  const client = await lab.connect();
  assert.match(await client.ask("AUTH PLAIN AGEAYg=="), /^-ERR \[AUTH\]/);
  const refused = await lab.heard.one("loginRefused");
  assert.equal(refused.mechanism, "PLAIN");
  assert.equal(refused.login, "alice@example.test perhaps");
  assert.equal(lab.authenticator.openExchanges, 0);
});

test("a mechanism that there is not becomes no label of a metric", async () => {
  await using lab = await start();
  const client = await lab.connect();
  assert.match(await client.ask("AUTH X-MADE-UP"), /^-ERR/);
  assert.equal((await lab.heard.one("commandRefused")).reason, "mechanism-unavailable");
  assert.deepEqual(lab.heard.all("loginRefused"), []);
});

test("an exchange is freed when it is cancelled, and when a response is not base64 or too long", async () => {
  await using lab = await start();
  const client = await lab.connect();
  for (const end of ["*", "!", "A".repeat(65_535)]) {
    assert.match(await client.ask("AUTH LOGIN"), /^\+ /);
    assert.equal(lab.authenticator.openExchanges, 1);
    assert.match(await client.ask(end), /^-ERR/);
    assert.equal(lab.authenticator.openExchanges, 0);
  }
  await client.logIn();
});

test("an exchange is freed when the client goes away while it is asked", async () => {
  await using lab = await start();
  const [ending, cut] = [await lab.connect(), await lab.connect()];
  await ending.ask("AUTH LOGIN");
  await cut.ask("AUTH LOGIN");
  assert.equal(lab.authenticator.openExchanges, 2);
  ending.socket.end();
  cut.socket.resetAndDestroy();
  await lab.heard.summary(2);
  assert.equal(lab.authenticator.openExchanges, 0);
});

test("a client that goes away while its last message is judged opens nothing, and frees the exchange", async () => {
  await using lab = await start();
  const judgement = new HeldStep();
  lab.authenticator.before = judgement.hold;
  const client = await lab.connect();
  client.send(`AUTH PLAIN ${PLAIN}\r\n`);
  await judgement.begun;
  client.socket.resetAndDestroy();
  // The server has noticed when it can be noticed: a second client is served meanwhile.
  await (await lab.connect()).ask("CAPA");
  judgement.letGo();
  const summary = await lab.heard.summary();
  assert.equal(summary.login, undefined);
  assert.equal(lab.store.opened, 0);
  assert.equal(lab.authenticator.openExchanges, 0);
  assert.equal(await lab.isHeld(), false);
});

test("a server that stops frees exchanges, and says so to those who are asked", async () => {
  await using lab = await start();
  const client = await lab.connect();
  await client.ask("AUTH LOGIN");
  const drained = lab.server.drain(1000);
  assert.match(await client.rest(), /^-ERR \[SYS\/TEMP\] /);
  assert.deepEqual(await drained, { sessionsCut: 0 });
  assert.equal(lab.authenticator.openExchanges, 0);
});

test("a bug in an exchange ends its session alone, and frees it", async () => {
  await using lab = await start();
  lab.authenticator.before = () => {
    throw new Error("on purpose");
  };
  const client = await lab.connect();
  assert.match(await client.ask(`AUTH PLAIN ${PLAIN}`), /^-ERR \[SYS\/TEMP\] internal/);
  assert.equal((await lab.heard.summary()).endReason, "internal");
  assert.equal(lab.authenticator.openExchanges, 0);
  const other = await lab.connect();
  assert.match(await other.ask("AUTH LOGIN"), /^\+ /);
});

test("each response puts the deadline before login off; silence in an exchange ends it without a word", async () => {
  const clock = new ManualClock();
  await using lab = await start({ clock, limits: { loginSecondsMax: 60 } });
  const client = await lab.connect();
  await client.ask("AUTH LOGIN");
  clock.advance(50);
  assert.match(await client.ask("YQ=="), /^\+ /);
  clock.advance(50);
  assert.equal(lab.server.sessions, 1);
  clock.advance(20);
  assert.equal(await client.rest(), "");
  assert.equal((await lab.heard.summary()).endReason, "login-timeout");
  assert.equal(lab.authenticator.openExchanges, 0);
});

test("exchanges that are broken off again and again end the connection", async () => {
  await using lab = await start({ limits: { faultsMax: 3 } });
  const client = await lab.connect();
  client.send("AUTH LOGIN\r\n*\r\n".repeat(5));
  const replies = (await client.rest()).match(/^-ERR/gm) ?? [];
  assert.equal(replies.length, 3);
  assert.equal((await lab.heard.summary()).endReason, "too-many-faults");
});

test("the authenticator knows the connection that it decides about", async () => {
  await using lab = await start({ isPlaintextLoginAllowed: true });
  const client = await lab.connect();
  await client.ask("AUTH LOGIN");
  const [peer] = lab.authenticator.peers;
  client.socket.destroy();
  const { sessionId } = await lab.heard.summary();
  assert.equal(peer?.sessionId, sessionId);
  assert.equal(peer?.localAddress, "127.0.0.1");
  assert.equal(peer?.isPlaintextAllowed, true);
  assert.equal(peer?.isTlsActive, false);
  assert.deepEqual(peer?.channelBindings(), new Map());
  assert.equal(peer?.clientCertificate(), undefined);
});
