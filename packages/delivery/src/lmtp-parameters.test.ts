import assert from "node:assert/strict";
import { test } from "node:test";
import { type LmtpClient, serve } from "./test-fixture.ts";

/** Says who it is, and skips the answer. */
async function greet(client: LmtpClient): Promise<void> {
  client.send("LHLO client.example.test\r\n");
  for (let line = ""; !line.startsWith("250 "); ) line = await client.line();
}

test("a parameter that was not announced is refused, and nothing is begun. RFC 5321 §4.1.1.11", async (t) => {
  const { client } = await serve(t);
  const opened = await client();
  await greet(opened);
  const dialogue = `
    C: MAIL FROM:<s@example.test> RET=FULL
    S: 555 5.5.4 Error: RET is not a parameter of MAIL here
    C: MAIL FROM:<s@example.test> AUTH=<>
    S: 555 5.5.4 *AUTH*
    C: MAIL FROM:<s@example.test> REQUIRETLS
    S: 555 5.5.4 *REQUIRETLS*
    C: MAIL FROM:<s@example.test> constructor=x
    S: 555 5.5.4 *CONSTRUCTOR*
    C: MAIL FROM:<s@example.test> SIZE=1 SIZE=1
    S: 501 5.5.4 *
    C: RCPT TO:<alice@example.test>
    S: 503 5.5.1 *
    C: mail from:<s@example.test> size=1 body=8bitmime smtputf8
    S: 250 2.1.0 *
    C: RCPT TO:<alice@example.test> NOTIFY=NEVER
    S: 555 5.5.4 Error: NOTIFY is not a parameter of RCPT here
    C: DATA
    S: 503 5.5.1 *
    C: RCPT TO:<alice@example.test>
    S: 250 2.1.5 *`;
  assert.deepEqual(await opened.play(dialogue), []);
});

test("SIZE is a number of octets that has to fit, BODY is 7BIT or 8BITMIME. RFC 1870 §6.1, RFC 6152 §2", async (t) => {
  const { client } = await serve(t);
  const opened = await client();
  await greet(opened);
  const dialogue = `
    C: MAIL FROM:<> SIZE=99999999999999999999
    S: 552 5.3.4 *
    C: MAIL FROM:<> SIZE=-1
    S: 501 5.5.4 *
    C: MAIL FROM:<> SIZE=1e3
    S: 501 5.5.4 *
    C: MAIL FROM:<> SIZE=
    S: 501 5.5.4 *
    C: MAIL FROM:<> SIZE
    S: 501 5.5.4 *
    C: MAIL FROM:<> BODY=BINARYMIME
    S: 501 5.5.4 *
    C: MAIL FROM:<> BODY
    S: 501 5.5.4 *
    C: MAIL FROM:<> SMTPUTF8=yes
    S: 501 5.5.4 *
    C: RCPT TO:<alice@example.test>
    S: 503 5.5.1 *
    C: MAIL FROM:<> SIZE=0 BODY=7BIT
    S: 250 2.1.0 *
    C: RSET
    S: 250 2.0.0 *
    C: MAIL FROM:<> BODY=8bitmime
    S: 250 2.1.0 *`;
  assert.deepEqual(await opened.play(dialogue), []);
});

test("each reply has an enhanced status code of its class, but those to LHLO, DATA and no one. RFC 2034 §4", async (t) => {
  const { client } = await serve(t);
  const opened = await client();
  await greet(opened);
  const commands = `NOOP
    VRFY alice
    HELP
    XYZZY
    BDAT 3 LAST
    STARTTLS
    RSET
    DATA
    RCPT TO:<alice@example.test>
    MAIL FROM:x
    MAIL FROM:<a@b.test> X=1
    MAIL FROM:<a@b.test>
    MAIL FROM:<a@b.test>
    RCPT TO:<nobody@example.test>
    RCPT TO:<>
    DATA
    QUIT`;
  for (const command of commands.split(/\n +/)) {
    opened.send(`${command}\r\n`);
    assert.match(await opened.line(), /^(?:2\d\d 2|4\d\d 4|5\d\d 5)\.\d{1,3}\.\d{1,3} /, command);
  }
});

test("DATA, RSET and QUIT take no argument, and do nothing where they have one. RFC 5321 §4.1.1", async (t) => {
  const { store, client } = await serve(t);
  const opened = await client();
  await greet(opened);
  const dialogue = `
    C: MAIL FROM:<s@example.test>
    S: 250 2.1.0 *
    C: RCPT TO:<alice@example.test>
    S: 250 2.1.5 *
    C: rset now
    S: 501 5.5.4 Error: RSET takes no argument
    C: DATA now
    S: 501 5.5.4 Error: DATA takes no argument
    C: QUIT now
    S: 501 5.5.4 Error: QUIT takes no argument
    C: NOOP now
    S: 250 2.0.0 *
    C: DATA${" "}
    S: 354 *
    C: .
    S: 250 2.0.0 *
    C: QUIT${" "}
    S: 221 2.0.0 *`;
  assert.deepEqual(await opened.play(dialogue), []);
  assert.equal(store.copies.length, 1);
});

test("an address beyond ASCII needs SMTPUTF8. RFC 6531 §3.4", async (t) => {
  const { client } = await serve(t);
  const opened = await client();
  await greet(opened);
  const dialogue = `
    C: MAIL FROM:<jörg@example.test>
    S: 553 5.6.7 *
    C: MAIL FROM:<s@example.test>
    S: 250 2.1.0 *
    C: RCPT TO:<jörg@example.test>
    S: 553 5.6.7 *
    C: RCPT TO:<alice@example.test>
    S: 250 2.1.5 *
    C: RSET
    S: 250 2.0.0 *
    C: RCPT TO:<jörg@example.test>
    S: 503 5.5.1 *
    C: MAIL FROM:<jörg@example.test> SMTPUTF8
    S: 250 2.1.0 *
    C: RCPT TO:<jörg@example.test>
    S: 250 2.1.5 *`;
  assert.deepEqual(await opened.play(dialogue), []);
});

test("octets that are not UTF-8 are no address, with SMTPUTF8 either. RFC 6531 §3.3", async (t) => {
  const { client } = await serve(t);
  const opened = await client();
  await greet(opened);
  opened.send(Buffer.from("MAIL FROM:<j\xf6rg@example.test> SMTPUTF8\r\n", "latin1"));
  assert.match(await opened.line(), /^501 5\.1\.7 /);
  opened.send("MAIL FROM:<> SMTPUTF8\r\n");
  assert.match(await opened.line(), /^250 /);
  opened.send(Buffer.from("RCPT TO:<j\xf6rg@example.test>\r\n", "latin1"));
  assert.match(await opened.line(), /^501 5\.1\.3 /);
});

test("a reply has at most 512 octets, however long the recipient is. RFC 5321 §4.5.3.1.5", async (t) => {
  const { client } = await serve(t);
  const opened = await client();
  const recipient = `${"x".repeat(490)}@example.test`;
  await opened.begin(recipient);
  opened.send(".\r\n");
  const reply = await opened.line();
  assert.match(reply, /^250 2\.0\.0 stored, id /);
  assert.ok(`${reply}\r\n`.length <= 512);
});
