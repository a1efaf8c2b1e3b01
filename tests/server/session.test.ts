import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { deferred, HeldStep, Lab } from "./lab.ts";

const LOG_IN = "USER alice@example.test\r\nPASS secret with  spaces \r\n";

test("a hundred commands in one segment are answered in order, QUIT last (RFC 2449 §6.6)", async () => {
  await using lab = await Lab.start();
  const bodies = Array.from(
    { length: 95 },
    (_, index) => `Subject: ${index + 1}\r\n\r\n.dot ${index + 1}\r\n`,
  );
  lab.store.deliver(...bodies);
  const client = await lab.connect();
  const retrievals = bodies.map((_, index) => `RETR ${index + 1}\r\n`).join("");
  client.send(`${LOG_IN}STAT\r\n${retrievals}DELE 1\r\nQUIT\r\n`);
  const [name, password, stat] = [await client.line(), await client.line(), await client.line()];
  assert.match(`${name}|${password}|${stat}`, /^\+OK[^|]*\|\+OK maildrop open[^|]*\|\+OK 95 \d+$/);
  for (const body of bodies) {
    assert.match(await client.line(), /^\+OK \d+ octets$/);
    assert.equal(await client.lines(), body.replace("\r\n.dot", "\r\n..dot"));
  }
  assert.match(await client.rest(), /^\+OK[^\r]*\r\n\+OK[^\r]*\r\n$/);
  const summary = await lab.heard.summary();
  assert.equal(summary.commands, 100);
  assert.equal(summary.messagesRetrieved, 95);
  assert.equal(summary.messagesDeleted, 1);
  assert.equal(summary.endReason, "quit");
});

test("a slow RETR is not overtaken by what was pipelined behind it (RFC 2449 §6.6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("Subject: slow\r\n\r\nbody\r\n", "Subject: fast\r\n\r\nbody\r\n");
  const reading = deferred();
  lab.store.beforeRead = (number) => (number === 1 ? reading.promise : undefined);
  const client = await lab.connect();
  await client.logIn();
  client.send("NOOP\r\nRETR 1\r\nRETR 2\r\nSTAT\r\n");
  await client.line();
  reading.resolve();
  assert.match(await client.line(), /octets/);
  assert.match(await client.lines(), /slow/);
  assert.match(await client.line(), /octets/);
  assert.match(await client.lines(), /fast/);
  assert.match(await client.line(), /^\+OK 2 /);
});

test("a pipelined login that fails does not swallow what follows it (RFC 2449 §6.6)", async () => {
  await using lab = await Lab.start();
  const client = await lab.connect();
  client.send("USER alice@example.test\r\nPASS wrong\r\nSTAT\r\nQUIT\r\n");
  const answers = (await client.rest()).split("\r\n");
  assert.match(answers[1]!, /^-ERR \[AUTH\]/);
  assert.match(answers[2]!, /^-ERR /);
  assert.match(answers[3]!, /^\+OK/);
  const refused = await lab.heard.one("loginRefused");
  assert.equal(refused.reason, "bad-credentials");
  assert.equal(refused.login, "alice@example.test");
});

test("a client that says QUIT and closes its side at once has its deletions (RFC 1939 §6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n", "two\r\n");
  const client = await lab.connectRaw();
  client.socket.end(`${LOG_IN}DELE 1\r\nQUIT\r\n`);
  assert.match(await client.rest(), /message 1 deleted\r\n\+OK[^\r]*\r\n$/);
  const summary = await lab.heard.summary();
  assert.equal(summary.endReason, "quit");
  assert.equal(lab.store.messages.length, 1);
  assert.equal(await lab.isHeld(), false);
});

test("the end of the client's octets without QUIT removes nothing, and gives the maildrop back (RFC 1939 §6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  client.socket.end("QUI");
  const summary = await lab.heard.summary();
  assert.equal(summary.endReason, "closed-by-client");
  assert.equal(lab.store.messages.length, 1);
  assert.equal(await lab.isHeld(), false);
  assert.equal(lab.store.closed, 1);
});

test("a reset in the middle of RETR removes nothing, and gives the maildrop back (RFC 1939 §6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  lab.store.deliverLarge(Buffer.alloc(65_536, "0123456789abcdef\r\n"), 2000);
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  client.socket.pause();
  client.send("RETR 2\r\n");
  client.socket.resume();
  await once(client.socket, "data");
  client.socket.resetAndDestroy();
  const summary = await lab.heard.summary();
  assert.equal(summary.endReason, "connection-lost");
  assert.equal(summary.messagesRetrieved, 0);
  assert.equal(lab.store.messages.length, 2);
  assert.equal(await lab.isHeld(), false);
});

test("a client that leaves while its password is checked gets no lease", async () => {
  await using lab = await Lab.start();
  const check = new HeldStep();
  lab.authenticator.before = check.hold;
  const client = await lab.connect();
  client.send(LOG_IN);
  await check.begun;
  client.socket.resetAndDestroy();
  // The server has noticed when it can be noticed: a second client is served meanwhile.
  const other = await lab.connect();
  await other.ask("CAPA");
  check.letGo();
  const summary = await lab.heard.summary();
  assert.equal(summary.login, undefined);
  assert.equal(lab.store.opened, 0);
  assert.equal(await lab.isHeld(), false);
});

test("a client that leaves while its maildrop is opened leaves no lease behind", async () => {
  await using lab = await Lab.start();
  const opening = new HeldStep();
  lab.store.beforeOpen = opening.hold;
  const client = await lab.connect();
  client.send(LOG_IN);
  await opening.begun;
  assert.equal(await lab.isHeld(), true);
  client.socket.resetAndDestroy();
  const other = await lab.connect();
  await other.ask("CAPA");
  opening.letGo();
  await lab.heard.summary();
  assert.equal(await lab.isHeld(), false);
});

test("a client that leaves during QUIT has its deletions all the same, once", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const removal = new HeldStep();
  lab.store.beforeRemove = removal.hold;
  const client = await lab.connect();
  await client.logIn();
  client.send("DELE 1\r\nQUIT\r\n");
  await removal.begun;
  client.socket.resetAndDestroy();
  assert.equal(await lab.isHeld(), true);
  removal.letGo();
  const summary = await lab.heard.summary();
  assert.equal(summary.messagesDeleted, 1);
  assert.equal(await lab.isHeld(), false);
});

test("the maildrop is free for others before the client hears the end of QUIT", async () => {
  await using lab = await Lab.start();
  for (let round = 0; round < 20; round += 1) {
    const client = await lab.connect();
    await client.logIn();
    assert.match(await client.ask("QUIT"), /^\+OK/);
    assert.equal(await lab.isHeld(), false);
  }
});

test("a client that comes back at once waits for its old session's end instead of hearing IN-USE", async () => {
  await using lab = await Lab.start({ limits: { leaseWaitMsMax: 5000 } });
  const old = await lab.connect();
  await old.logIn();
  const back = await lab.connect();
  await back.ask("USER alice@example.test");
  back.send("PASS secret with  spaces \r\n");
  old.socket.resetAndDestroy();
  assert.match(await back.line(), /^\+OK maildrop open/);
});

test("a message that the store loses underway is broken off, never ended (RFC 1939 §3)", async () => {
  await using lab = await Lab.start();
  lab.store.messages.push({
    uid: 1,
    octets: 12,
    windows: () =>
      [Buffer.from("Subject: x\r\n"), { fault: "storage-down", cause: new Error("gone") } as const].values(),
  });
  const client = await lab.connect();
  await client.logIn();
  client.send("RETR 1\r\nQUIT\r\n");
  assert.doesNotMatch(await client.rest(), /\r\n\.\r\n/);
  const summary = await lab.heard.summary();
  assert.equal(summary.endReason, "storage-down");
  assert.equal(summary.lastRefusal, "storage-down");
  assert.equal(summary.messagesRetrieved, 0);
  assert.equal(await lab.isHeld(), false);
});

test("a message that the store cannot begin is refused, and the session goes on", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  lab.store.messages.push({
    uid: 2,
    octets: 3,
    windows: () => [{ fault: "storage-down", cause: new Error("gone") } as const].values(),
  });
  const client = await lab.connect();
  await client.logIn();
  assert.match(await client.ask("RETR 2"), /^-ERR \[SYS\/TEMP\]/);
  assert.match(await client.ask("RETR 1"), /^\+OK/);
  assert.equal(await client.lines(), "one\r\n");
});

test("a bug ends its session with a word, is reported once with its cause, and others go on", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const other = await lab.connect();
  const bug = new Error("a bug");
  const bugs = [
    () => {
      throw bug;
    },
    () => Promise.reject(bug),
  ];
  for (const [index, fails] of bugs.entries()) {
    lab.store.beforeRead = fails;
    const client = await lab.connect();
    await client.logIn();
    client.send("DELE 1\r\nRSET\r\nRETR 1\r\nQUIT\r\n");
    assert.match(await client.rest(), /\r\n-ERR \[SYS\/TEMP\] internal error[^\r]*\r\n$/);
    const summary = await lab.heard.summary(index + 1);
    assert.equal(summary.endReason, "internal");
    assert.equal(await lab.isHeld(), false);
  }
  const reports = lab.heard.all("commandRefused").filter(({ reason }) => reason === "internal");
  assert.deepEqual(
    reports.map(({ cause, verb }) => [cause, verb]),
    [
      [bug, "RETR"],
      [bug, "RETR"],
    ],
  );
  assert.match(await other.ask("CAPA"), /^\+OK/);
});

test("a message removed behind the session's back is refused, and numbers stay (RFC 1939 §5)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n", "two\r\n");
  const client = await lab.connect();
  await client.logIn();
  lab.store.messages.shift();
  lab.store.deliver("three\r\n");
  assert.match(await client.ask("RETR 1"), /^-ERR/);
  assert.match(await client.ask("STAT"), /^\+OK 2 10$/);
  assert.match(await client.ask("RETR 2"), /^\+OK/);
  assert.equal(await client.lines(), "two\r\n");
});

test("a message of 200 MB reaches a slow reader whole, in bounded memory", async () => {
  await using lab = await Lab.start();
  const window = Buffer.alloc(262_144, `${"x".repeat(62)}\r\n`);
  const windows = 800;
  lab.store.deliverLarge(window, windows);
  const client = await lab.connect();
  await client.logIn();
  client.socket.removeAllListeners("data");
  let octets = 0;
  let last = Buffer.alloc(0);
  let rssMax = 0;
  const rssBefore = process.memoryUsage.rss();
  const done = deferred();
  client.socket.on("data", (chunk: Buffer) => {
    octets += chunk.length;
    last = Buffer.concat([last.subarray(-16), chunk.subarray(-16)]);
    rssMax = Math.max(rssMax, process.memoryUsage.rss());
    // Slow: after each chunk the client does something else.
    client.socket.pause();
    setImmediate(() => client.socket.resume());
    if (last.includes("\r\n.\r\n")) done.resolve();
  });
  client.send("RETR 1\r\n");
  await done.promise;
  assert.equal(octets, `+OK ${window.length * windows} octets\r\n`.length + window.length * windows + 3);
  assert.ok(rssMax - rssBefore < 100e6, `${Math.round((rssMax - rssBefore) / 1e6)} MB more`);
});

test("the termination comes in the same segment as the end of its message", async () => {
  await using lab = await Lab.start();
  const later = async () => Buffer.from("the end\r\n");
  lab.store.messages.push({ uid: 1, octets: 9, windows: () => [later()].values() });
  const client = await lab.connect();
  await client.logIn();
  client.socket.removeAllListeners("data");
  client.send("RETR 1\r\n");
  const segments: unknown[] = await once(client.socket, "data");
  assert.equal(segments.join(), "+OK 9 octets\r\nthe end\r\n.\r\n");
});

test("two sessions that saw the same maildrop have the same listing hash, another has not", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n", "two\r\n");
  for (const round of [1, 2, 3]) {
    const client = await lab.connect();
    await client.logIn();
    if (round === 2) await client.ask("DELE 1");
    await client.ask("QUIT");
  }
  const [first, second, third] = [
    await lab.heard.summary(1),
    await lab.heard.summary(2),
    await lab.heard.summary(3),
  ];
  assert.match(first.uniqueIdListingHash!, /^[0-9a-f]{16}$/);
  assert.equal(first.uniqueIdListingHash, second.uniqueIdListingHash);
  assert.notEqual(third.uniqueIdListingHash, second.uniqueIdListingHash);
});
