import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "./test-fixture.ts";

const greeting = `
  S: 220 mx.example.test LMTP
  C: LHLO client.example.test
  S: 250-mx.example.test
  S: 250-PIPELINING
  S: 250-8BITMIME
  S: 250-SMTPUTF8
  S: 250-ENHANCEDSTATUSCODES
  S: 250 SIZE 1048576
  C: MAIL FROM:<sender@example.test>
  S: 250 2.1.0 *`;

test("a message is stored, with what the envelope said, before the 250. RFC 2033 §4.2", async (t) => {
  const { store, client } = await serve(t);
  const dialogue = `${greeting}
    C: RCPT TO:<alice@example.test>
    S: 250 2.1.5 *
    C: DATA
    S: 354 *
    C: Subject: hello
    C:
    C: ..dot
    C: .
    S: 250 2.0.0 <alice@example.test> stored, id *.1
    C: QUIT
    S: 221 2.0.0 *
    S: (closed)`;
  assert.deepEqual(await (await client()).play(dialogue), []);
  const [copy] = store.copies;
  assert.equal(copy?.wire.toString(), "Subject: hello\r\n\r\n..dot\r\n");
  assert.equal(copy.octets, 24);
  assert.equal(copy.headerWireOctets, 18);
  assert.equal(copy.reversePath, "sender@example.test");
  assert.match(
    copy.trace,
    /^Return-Path: <sender@example\.test>\r\nDelivered-To: alice@example\.test\r\nReceived: from client\.example\.test \(\[127\.0\.0\.1\]\)\r\n\tby mx\.example\.test with LMTP id [a-v0-9]{16}\.1\r\n\tfor <alice@example\.test>; /,
  );
});

test("each recipient has a reply of its own, in order. RFC 2033 §4.2", async (t) => {
  const { store, events, client } = await serve(t);
  const dialogue = `${greeting}
    C: RCPT TO:<alice@example.test>
    S: 250 *
    C: RCPT TO:<nobody@example.test>
    S: 550 5.1.1 *
    C: RCPT TO:<late-full@example.test>
    S: 250 *
    C: RCPT TO:<full@example.test>
    S: 452 4.2.2 *
    C: RCPT TO:<late-down@example.test>
    S: 250 *
    C: RCPT TO:<down@example.test>
    S: 451 4.3.0 *
    C: RCPT TO:<bob@example.test>
    S: 250 *
    C: DATA
    S: 354 *
    C: x
    C: .
    S: 250 2.0.0 <alice@example.test> *
    S: 452 4.2.2 *
    S: 451 4.3.0 *
    S: 250 2.0.0 <bob@example.test> *
    C: NOOP
    S: 250 *`;
  assert.deepEqual(await (await client()).play(dialogue), []);
  assert.deepEqual(
    store.copies.map((copy) => copy.recipient),
    ["alice@example.test", "bob@example.test"],
  );
  assert.deepEqual(
    events.refused.map((event) => [event.recipient, event.reason, "cause" in event]),
    [
      ["nobody@example.test", "unknown-recipient", false],
      ["full@example.test", "over-quota", false],
      ["down@example.test", "storage-down", true],
      ["late-full@example.test", "over-quota", false],
      ["late-down@example.test", "storage-down", true],
    ],
  );
  assert.deepEqual(
    events.accepted.map(({ recipient, octets, uid, maildropId, reversePath }) => [
      recipient,
      octets,
      uid,
      maildropId,
      reversePath,
    ]),
    [
      ["alice@example.test", 3, 1, 5, "sender@example.test"],
      ["bob@example.test", 3, 4 - 2, 3, "sender@example.test"],
    ],
  );
});

test("a recipient named twice has two replies and two copies. RFC 2033 §4.2", async (t) => {
  const { store, client } = await serve(t);
  const dialogue = `${greeting}
    C: RCPT TO:<alice@example.test>
    S: 250 *
    C: RCPT TO:<ALICE@example.test>
    S: 250 *
    C: DATA
    S: 354 *
    C: .
    S: 250 2.0.0 <alice@example.test> *
    S: 250 2.0.0 <ALICE@example.test> *
    C: NOOP
    S: 250 2.0.0 OK`;
  assert.deepEqual(await (await client()).play(dialogue), []);
  assert.equal(store.copies.length, 2);
});

test("without a recipient there is no DATA. RFC 2033 §4.2", async (t) => {
  const { client } = await serve(t);
  const dialogue = `${greeting}
    C: RCPT TO:<nobody@example.test>
    S: 550 5.1.1 *
    C: DATA
    S: 503 5.5.1 *`;
  assert.deepEqual(await (await client()).play(dialogue), []);
});

test("recipients of a transaction that was given up get nothing", async (t) => {
  const { store, client } = await serve(t);
  const dialogue = `${greeting}
    C: RCPT TO:<alice@example.test>
    S: 250 *
    C: RSET
    S: 250 *
    C: MAIL FROM:<>
    S: 250 *
    C: RCPT TO:<bob@example.test>
    S: 250 *
    C: DATA
    S: 354 *
    C: .
    S: 250 2.0.0 <bob@example.test> *`;
  assert.deepEqual(await (await client()).play(dialogue), []);
  assert.deepEqual(
    store.copies.map((copy) => [copy.recipient, copy.reversePath]),
    [["bob@example.test", ""]],
  );
});

test("all of it may come in one packet. RFC 2920", async (t) => {
  const { store, client } = await serve(t);
  const one = "MAIL FROM:<a@b.test>\r\nRCPT TO:<alice@b.test>\r\nDATA\r\nx\r\n.\r\n";
  const connection = await client();
  connection.send(`LHLO c.test\r\n${one}${one}QUIT\r\n`);
  const lines: string[] = [];
  while (!lines.at(-1)?.startsWith("221 ")) lines.push(await connection.line());
  assert.equal(lines.filter((line) => line.startsWith("250 2.0.0 <alice@b.test> stored")).length, 2);
  assert.equal(store.copies.length, 2);
});

test("an address stands in the store as it stood on the wire, in UTF-8 too. RFC 6531", async (t) => {
  const { store, client } = await serve(t);
  const dialogue = `${greeting.replace("<sender@example.test>", "<sénder..x@xn--bcher-kva.test> SMTPUTF8")}
    C: RCPT TO:<Jörg+Tag@Bücher.test>
    S: 250 *
    C: RCPT TO:<@relay.test,@other.test:kim@XN--BCHER-KVA.test>
    S: 250 *
    C: RCPT TO:<"two words> \\"@x"@example.test>
    S: 250 *
    C: DATA
    S: 354 *
    C: .
    S: 250 2.0.0 <Jörg+Tag@Bücher.test> *
    S: 250 2.0.0 <kim@XN--BCHER-KVA.test> *
    S: 250 2.0.0 <"two words> \\"@x"@example.test> *`;
  assert.deepEqual(await (await client()).play(dialogue), []);
  assert.deepEqual(
    store.copies.map((copy) => copy.recipient),
    ["Jörg+Tag@Bücher.test", "kim@XN--BCHER-KVA.test", '"two words> \\"@x"@example.test'],
  );
  assert.equal(store.copies[0]?.reversePath, "sénder..x@xn--bcher-kva.test");
  assert.match(
    store.copies[0].trace,
    /^Return-Path: <sénder..x@xn--bcher-kva.test>\r\n[^]* with UTF8LMTP id /,
  );
});

test("a copy does not name the other recipients", async (t) => {
  const { store, client } = await serve(t);
  const connection = await client();
  await connection.begin("alice@example.test", "blind@example.test");
  connection.send("x\r\n.\r\n");
  await connection.line();
  assert.doesNotMatch(store.copies[0]?.trace ?? "", /blind/);
});

test("a bug or a broken store is a 451 that says nothing about it. RFC 5321 §4.2.1", async (t) => {
  const { events, client } = await serve(t);
  const dialogue = `${greeting}
    C: RCPT TO:<bug@example.test>
    S: 451 4.3.0 Local error, try again later
    C: RCPT TO:<down@example.test>
    S: 451 4.3.0 The store is down, try again later
    C: RCPT TO:<late-bug@example.test>
    S: 250 *
    C: RCPT TO:<alice@example.test>
    S: 250 *
    C: DATA
    S: 354 *
    C: .
    S: 451 4.3.0 Local error, try again later
    S: 451 4.3.0 Local error, try again later
    C: NOOP
    S: 250 *`;
  assert.deepEqual(await (await client()).play(dialogue), []);
  assert.deepEqual(
    events.refused.map((event) => event.reason),
    ["internal-error", "storage-down", "internal-error", "internal-error"],
  );
  assert.ok(events.refused.every((event) => String(event.cause) === "Error: secret of the store"));
});

test("what LMTP does not know is refused, and what it must not do. RFC 2033 §4.1", async (t) => {
  const { client } = await serve(t);
  const dialogue = `
    S: 220 *
    C: EHLO client.example.test
    S: 500 *
    C: MAIL FROM:<a@b.test>
    S: 503 5.5.1 *
    C: AUTH PLAIN AAAA
    S: 500 *
    C: STARTTLS
    S: 500 *
    C: WIZ
    S: 500 *
    C: LHLO
    S: 501 *
    C: LHLO client.example.test
    S: 250-*
    S: 250-*
    S: 250-*
    S: 250-*
    S: 250-*
    S: 250 *
    C: RCPT TO:<alice@example.test>
    S: 503 5.5.1 *
    C: MAIL FROM:no brackets
    S: 501 5.1.7 *
    C: MAIL FROM:<a@b.test>SIZE=1
    S: 501 5.1.7 *
    C: MAIL FROM:<a\0@b.test>
    S: 501 5.1.7 *
    C: MAIL FROM:<"a@b.test>
    S: 501 5.1.7 *
    C: MAIL FROM:<${"x".repeat(600)}@b.test>
    S: 501 5.1.7 *
    C: MAIL FROM:<a@b.test> SIZE=1048577
    S: 552 5.3.4 *
    C: MAIL FROM:<a@b.test> SIZE=1048576
    S: 250 *
    C: RCPT TO:<>
    S: 501 5.1.3 *`;
  assert.deepEqual(await (await client()).play(dialogue), []);
});
