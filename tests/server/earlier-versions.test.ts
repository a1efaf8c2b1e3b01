import assert from "node:assert/strict";
import { test } from "node:test";
import { servePop } from "@poplar/server";
import { Lab, ManualClock } from "./lab.ts";

const HELO = "HELO alice@example.test secret\\ with\\ \\ spaces\\ ";

test("POP2: a message of several windows comes without byte-stuffing, to the octet that was told (RFC 937)", async () => {
  await using lab = await Lab.start({ protocol: "pop2" });
  const lines = Array.from({ length: 3000 }, (_, line) => `${".".repeat(line % 3)}line ${line}\r\n`).join("");
  lab.store.deliver(`Subject: dots\r\n\r\n${lines}`);
  const client = await lab.connect();
  const octets = `Subject: dots\r\n\r\n${lines}`.length;
  assert.equal(await client.ask(HELO), "#1 messages");
  assert.equal(await client.ask("READ 1"), `=${octets} characters in message 1`);
  client.send("RETR\r\nACKS\r\n");
  const received: string[] = [];
  for (const expected of `Subject: dots\r\n\r\n${lines}`.split("\r\n").slice(0, -1)) {
    received.push(await client.line());
    assert.equal(received.at(-1), expected);
  }
  assert.equal(await client.line(), "=0 characters in message 2");
});

test("POP2: the lease is given back at FOLD, and taken again before the answer (RFC 937, RFC 1939 §4)", async () => {
  await using lab = await Lab.start({ protocol: "pop2" });
  lab.store.deliver("Subject: a\r\n\r\n");
  const client = await lab.connect();
  await client.ask(HELO);
  assert.ok(await lab.isHeld());
  assert.equal(await client.ask("FOLD nothing"), "#0 messages");
  assert.ok(!(await lab.isHeld()));
  assert.equal(await client.ask("FOLD INBOX"), "#1 messages");
  assert.ok(await lab.isHeld());
  assert.equal(await client.ask("QUIT"), "+ bye");
  assert.ok(!(await lab.isHeld()));
  assert.equal(lab.store.opened, lab.store.closed);
});

test("POP1: the lease is held while a mailbox is read, and one login opens it more than once (RFC 918)", async () => {
  await using lab = await Lab.start({ protocol: "pop1" });
  const client = await lab.connect();
  await client.ask("USER alice@example.test");
  assert.equal(await client.ask("PASS secret with  spaces "), "+OK");
  assert.ok(!(await lab.isHeld()));
  for (const _ of [1, 2]) {
    assert.equal(await client.ask("RDEL INBOX"), "#0 octets");
    assert.ok(await lab.isHeld());
    client.send("RCEV\r\n");
    assert.equal(await client.ask("RCVD"), "+OK");
    assert.ok(!(await lab.isHeld()));
  }
  assert.equal(lab.heard.all("loginAccepted").length, 1);
});

test("POP2: a session that falls silent deletes nothing, whatever ACKD has marked (P2)", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ protocol: "pop2", clock, limits: { autologoutSeconds: 600 } });
  lab.store.deliver("Subject: a\r\n\r\n");
  const client = await lab.connect();
  await client.ask(HELO);
  await client.ask("READ");
  client.send("RETR\r\nACKD\r\n");
  for (const line of ["Subject: a", "", "=0 characters in message 2"])
    assert.equal(await client.line(), line);
  clock.advance(602);
  assert.equal(await client.rest(), "");
  await lab.heard.summary();
  assert.equal(lab.store.messages.length, 1);
  assert.ok(!(await lab.isHeld()));
});

for (const [protocol, session] of [
  ["pop2", [HELO, "READ", "RETR", "ACKD", "FOLD INBOX"]],
  ["pop1", ["USER alice@example.test", "PASS secret with  spaces ", "RDEL INBOX", "RCEV", "RCVD"]],
] as const) {
  test(`${protocol}: a session that is no longer the latest deletes nothing, and is told so (P3)`, async () => {
    await using lab = await Lab.start({ protocol });
    lab.store.deliver("Subject: a\r\n\r\n");
    lab.store.beforeRemove = () => ({ fault: "lease-lost" });
    const client = await lab.connect();
    client.send(`${session.join("\r\n")}\r\nQUIT\r\n`);
    assert.match(await client.rest(), /^(?:-|-ERR) .*the maildrop was taken over/m);
    assert.equal(lab.store.messages.length, 1);
    assert.ok(!(await lab.isHeld()));
  });
}

test("a client from a network that is not admitted is closed without a word", async () => {
  await using lab = await Lab.start({ protocol: "pop2", isAdmitted: () => false });
  const client = await lab.connectRaw();
  assert.equal(await client.rest(), "");
  assert.equal(lab.heard.all("connectionRefused").length, 1);
});

test("a listener of an earlier version that does not say who is admitted is not opened", async () => {
  await using lab = await Lab.start();
  const served = servePop({
    listeners: [{ name: "pop2", host: "127.0.0.1", port: 0, tls: "none", protocol: "pop2" }],
    ports: { authenticator: lab.authenticator, leases: lab.leases, maildrops: lab.store },
    events: lab.heard.events,
    hostname: "mail.example.test",
  });
  await assert.rejects(served, /who may use an earlier version/);
});
