import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { servePop } from "@poplar/server";
import { ListenError, type SessionSummary } from "@poplar/telemetry";
import { until } from "@poplar/testkit";
import { deferred, HeldStep, Lab, ManualClock } from "./lab.ts";
import { LabClient } from "./lab-client.ts";

test("a session is logged out after ten silent minutes, without a word and without UPDATE (RFC 1939 §3)", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  clock.advance(599);
  assert.match(await client.ask("NOOP"), /^\+OK/);
  clock.advance(599);
  assert.match(await client.ask("NOOP"), /^\+OK/);
  clock.advance(602);
  assert.equal(await client.rest(), "");
  const summary = await lab.heard.summary();
  assert.equal(summary.endReason, "autologout");
  assert.equal(summary.durationMs, 1_800_000);
  assert.equal(lab.store.messages.length, 1);
  assert.equal(await lab.isHeld(), false);
});

test("octets that are no command do not put autologout off", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const client = await lab.connect();
  await client.logIn();
  for (let minute = 0; minute < 9; minute += 1) {
    client.send("N");
    clock.advance(60);
  }
  clock.advance(62);
  assert.equal(await client.rest(), "");
});

test("who does not log in has a minute", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const client = await lab.connect();
  clock.advance(50);
  await client.ask("USER alice@example.test");
  clock.advance(50);
  await client.ask("CAPA");
  await client.lines();
  clock.advance(62);
  assert.equal(await client.rest(), "");
  assert.equal((await lab.heard.summary()).endReason, "login-timeout");
});

test("a handshake has ten seconds, and so has the silence before it", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const silent = await lab.connectRaw("pop3s");
  const slow = await lab.connectRaw("pop3s");
  const stls = await lab.connect();
  await stls.ask("STLS");
  slow.send("\x16\x03\x01");
  // Somebody else's answer: by then the server has read what came before.
  await lab.connectTls();
  clock.advance(12);
  assert.match(await silent.rest(), /^-ERR this port speaks TLS/);
  assert.equal(await slow.rest(), "");
  assert.equal(await stls.rest(), "");
  const reasons = [1, 2, 3].map(async (n) => (await lab.heard.summary(n)).endReason);
  assert.deepEqual(await Promise.all(reasons), Array(3).fill("handshake-timeout"));
});

test("a reader as slow as it likes is not logged out while it takes something (RFC 1939 §3)", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const window = Buffer.alloc(262_144, `${"x".repeat(62)}\r\n`);
  lab.store.deliverLarge(window, 160);
  const client = await lab.connect();
  await client.logIn();
  client.socket.removeAllListeners("data");
  client.send("RETR 1\r\nQUIT\r\n");
  let octets = 0;
  let minutes = 0;
  for await (const chunk of client.socket as AsyncIterable<Buffer>) {
    octets += chunk.length;
    // So many pieces that the server, which is in this process, has long had its turn between them.
    if (octets < ((minutes + 5) / 5) * 7_000_000) continue;
    minutes += 5;
    clock.advance(300);
  }
  assert.ok(octets > window.length * 160);
  assert.ok(minutes > 20);
  assert.equal((await lab.heard.summary()).endReason, "quit");
});

test("a reader that takes nothing at all is cut off in the end", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  lab.store.deliverLarge(Buffer.alloc(262_144, `${"x".repeat(62)}\r\n`), 400);
  const client = await lab.connect();
  await client.logIn();
  client.socket.removeAllListeners("data");
  client.socket.pause();
  client.send("RETR 1\r\n");
  const ended = (): SessionSummary | undefined => lab.heard.all("sessionEnded")[0];
  // When the kernel has taken all that it takes is not for us to see: time goes on until then, and after.
  await until("the end of its session", () => {
    clock.advance(100);
    return ended() !== undefined;
  });
  const summary = ended()!;
  assert.equal(summary.endReason, "stalled");
  assert.equal(await lab.isHeld(), false);
});

/** Asks for message 1 so many times, one by one, and reads nothing. @returns how often it was sent. */
async function askAndTakeNothing(lab: Lab, times: number): Promise<number> {
  const client = await lab.connect();
  await client.logIn();
  client.socket.pause();
  const sent = (): number => lab.heard.all("messageRetrieved").length;
  for (let asked = 1; asked <= times; asked += 1) {
    client.send("RETR 1\r\n");
    for (let turn = 0; sent() < asked; turn += 1) {
      if (turn > 100) return sent();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return sent();
}

test("nothing more is said to a client that asks and asks and reads nothing", async () => {
  await using lab = await Lab.start();
  lab.store.deliver(`${"x".repeat(62)}\r\n`.repeat(500));
  // Buffers of the kernel and 64 KiB of our own.
  assert.ok((await askAndTakeNothing(lab, 10_000)) < 1000);
  const other = await lab.connect();
  assert.match(await other.ask("CAPA"), /^\+OK/);
});

test("small answers that nobody reads are bounded too", async () => {
  await using lab = await Lab.start();
  const client = await lab.connect();
  client.socket.pause();
  const commanded = (): number => lab.heard.all("commandDone").length;
  let asked = 0;
  for (let before = -1; asked < 2_000_000 && before !== commanded(); ) {
    before = commanded();
    client.send("CAPA\r\n".repeat(500));
    asked += 500;
    for (let turn = 0; turn < 100 && commanded() < asked; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  assert.ok(commanded() < 200_000, `${commanded()} answers are held`);
});

test("a client gets everything that was said before QUIT, however slowly it takes it", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const line = `${"x".repeat(62)}\r\n`;
  lab.store.deliver(line.repeat(500));
  const fits = await (async () => {
    await using trial = await Lab.start();
    trial.store.deliver(line.repeat(500));
    return await askAndTakeNothing(trial, 10_000);
  })();
  const client = await lab.connect();
  await client.logIn();
  client.socket.pause();
  // Not twice do the buffers of the kernel take the same.
  const asked = Math.floor(fits * 0.75);
  for (let number = 1; number <= asked; number += 1) {
    client.send("RETR 1\r\n");
    await until(`answer ${number}`, () => lab.heard.all("octetsSent").length >= number);
  }
  // Everything is said, and part of it is still here.
  client.send("QUIT\r\n");
  while (await lab.isHeld()) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(60);
  client.socket.resume();
  const text = await client.rest();
  assert.equal(text.split("\r\n.\r\n").length - 1, asked);
  assert.match(text.slice(-20), /\r\n\.\r\n\+OK bye\r\n$/);
});

test("a client that does not close after QUIT is closed", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const client = await lab.connect();
  client.socket.removeAllListeners("end");
  client.send("QUIT\r\n");
  await once(client.socket, "end");
  clock.advance(4);
  assert.equal((await lab.heard.summary()).endReason, "quit");
});

test("a slow password check is not taken for a silent client", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const check = new HeldStep();
  lab.authenticator.before = check.hold;
  const client = await lab.connect();
  client.send("USER alice@example.test\r\nPASS secret with  spaces \r\n");
  await check.begun;
  clock.advance(300);
  check.letGo();
  await client.line();
  assert.match(await client.line(), /^\+OK maildrop open/);
});

test("one connection too many hears so in clear, and room is made by one that leaves", async () => {
  await using lab = await Lab.start({ limits: { connectionsPerAddressMax: 2 } });
  const first = await lab.connect();
  await lab.connect();
  const third = await lab.connectRaw();
  assert.equal(await third.rest(), "-ERR [SYS/TEMP] too many connections, try again later\r\n");
  const fourth = await lab.connectRaw("pop3s");
  assert.equal(await fourth.rest(), "");
  assert.deepEqual(lab.heard.all("connectionRefused"), [
    { listener: "pop3", address: "127.0.0.1", reason: "too-many-connections-of-address" },
    { listener: "pop3s", address: "127.0.0.1", reason: "too-many-connections-of-address" },
  ]);
  await first.ask("QUIT");
  await lab.heard.summary();
  assert.match(await (await lab.connect()).ask("CAPA"), /^\+OK/);
});

test("one handshake too many is not begun", async () => {
  await using lab = await Lab.start({ limits: { handshakesMax: 1 } });
  const slow = await lab.connect();
  await slow.ask("STLS");
  const second = await lab.connect();
  await second.ask("STLS");
  assert.equal(await second.rest(), "");
  assert.equal((await lab.heard.one("connectionRefused")).reason, "too-many-handshakes");
  slow.socket.resetAndDestroy();
  await lab.heard.summary(2);
  await lab.connectTls();
});

test("who sends megabytes while a password is checked is dismissed, and others are served", async () => {
  await using lab = await Lab.start();
  const checking = deferred();
  lab.authenticator.before = () => checking.promise;
  const client = await lab.connect();
  client.send(`USER alice@example.test\r\nPASS x\r\n${"NOOP\r\n".repeat(100_000)}`);
  assert.match(await client.rest(), /-ERR log in before you send so much\r\n$/);
  const other = await lab.connect();
  assert.match(await other.ask("CAPA"), /^\+OK/);
  checking.resolve();
  assert.equal((await lab.heard.summary()).endReason, "too-much-before-login");
});

test("a hundred thousand pipelined commands are all answered, and others are served meanwhile", async () => {
  await using lab = await Lab.start();
  const client = await lab.connect();
  await client.logIn();
  client.send(`${"NOOP\r\n".repeat(100_000)}QUIT\r\n`);
  const other = await lab.connect();
  await other.ask("CAPA");
  const isStillBusy = lab.heard.all("sessionEnded").length === 0;
  const answers = await client.rest();
  assert.equal(answers.split("\r\n").length, 100_002);
  assert.ok(isStillBusy);
});

test("a line without an end is held nowhere, and refused once (RFC 2449 §4)", async () => {
  await using lab = await Lab.start();
  const client = await lab.connect();
  for (let sent = 0; sent < 100; sent += 1) client.send("x".repeat(65_536));
  assert.match(await client.ask(""), /^-ERR command line too long/);
  assert.match(await client.ask("CAPA"), /^\+OK/);
});

test("too many refused commands end the connection", async () => {
  await using lab = await Lab.start({ limits: { faultsMax: 3 } });
  const client = await lab.connect();
  client.send("A\r\nB\r\nC\r\nD\r\n");
  assert.equal((await client.rest()).match(/-ERR/g)?.length, 3);
  assert.equal((await lab.heard.summary()).endReason, "too-many-faults");
});

test("garbage of every kind ends in words or in a closed connection, never in silence", async () => {
  await using lab = await Lab.start();
  const garbage = Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 7919) % 251));
  const client = await lab.connect();
  client.socket.write(garbage);
  client.socket.end();
  assert.match(await client.rest(), /^-ERR/);
  assert.equal(typeof (await lab.heard.summary()).endReason, "string");
});

test("draining sends away who has not logged in, and lets the others finish", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const waiting = await lab.connect();
  const working = await lab.connect();
  await working.logIn();
  const port = lab.port("pop3");
  const drained = lab.server.drain(60_000);
  assert.match(await waiting.rest(), /^-ERR \[SYS\/TEMP\] the server is restarting/);
  await assert.rejects(LabClient.connect(port), { code: "ECONNREFUSED" });
  await working.ask("DELE 1");
  assert.match(await working.ask("QUIT"), /^\+OK/);
  assert.deepEqual(await drained, { sessionsCut: 0 });
  assert.equal(lab.store.messages.length, 0);
  assert.deepEqual(lab.heard.all("draining"), [{ protocol: "pop", sessions: 2, limitSeconds: 60 }]);
});

test("who is not done when draining ends is cut off without UPDATE (RFC 1939 §6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  lab.store.deliverLarge(Buffer.alloc(262_144, "0123456789abcdef\r\n"), 400);
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  assert.deepEqual(await lab.server.drain(20), { sessionsCut: 1 });
  assert.match(await client.rest(), /^-ERR \[SYS\/TEMP\]/);
  assert.equal((await lab.heard.summary()).endReason, "shutting-down");
  assert.equal(lab.store.messages.length, 2);
  assert.equal(await lab.isHeld(), false);
});

test("a message that is being sent when draining ends is broken off, never ended", async () => {
  await using lab = await Lab.start();
  lab.store.deliverLarge(Buffer.alloc(262_144, "0123456789abcdef\r\n"), 400);
  const client = await lab.connect();
  await client.logIn();
  client.socket.pause();
  client.send("RETR 1\r\n");
  await (await lab.connect()).ask("CAPA");
  await lab.server.close();
  client.socket.resume();
  assert.doesNotMatch((await client.rest()).slice(-200), /-ERR|\r\n\.\r\n/);
  assert.equal(await lab.isHeld(), false);
});

test("a QUIT that is under way when draining ends is carried out and answered (RFC 1939 §6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const removal = new HeldStep();
  lab.store.beforeRemove = removal.hold;
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  client.send("QUIT\r\n");
  await removal.begun;
  const closed = lab.server.close();
  removal.letGo();
  assert.match(await client.rest(), /^\+OK/);
  assert.deepEqual(await closed, { sessionsCut: 0 });
  assert.equal(lab.store.messages.length, 0);
});

test("a session whose lease an operator breaks ends with a word and removes nothing", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  await lab.leases.breakLeases(1);
  assert.match(await client.rest(), /^-ERR \[SYS\/TEMP\] the maildrop was taken over/);
  assert.equal((await lab.heard.summary()).endReason, "lease-lost");
  assert.equal(lab.store.messages.length, 1);
});

test("a port that is in use is told in one sentence, and nothing stays open", async () => {
  await using lab = await Lab.start();
  const taken = lab.port("pop3");
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
  const bound = free.address();
  const port = typeof bound === "object" ? bound!.port : 0;
  await new Promise((resolve) => free.close(resolve));
  const opening = servePop({
    listeners: [
      { name: "first", host: "127.0.0.1", port, tls: "none" },
      { name: "pop3", host: "127.0.0.1", port: taken, tls: "none" },
    ],
    ports: { leases: lab.leases, maildrops: lab.store, authenticator: lab.authenticator },
    events: lab.heard.events,
    hostname: "mail.example.test",
  });
  await assert.rejects(opening, (err) => {
    assert.ok(err instanceof ListenError);
    assert.match(
      err.message,
      new RegExp(`^pop3 cannot listen on 127\\.0\\.0\\.1:${taken}: the port is in use; stop`),
    );
    return true;
  });
  const again = createServer();
  await new Promise<void>((resolve) => again.listen(port, "127.0.0.1", resolve));
  await new Promise((resolve) => again.close(resolve));
});
