import assert from "node:assert/strict";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import type { Authenticator, Peer, Preface, PrefaceAcceptor, PrefaceStep } from "@poplar/maildrop";
import { WHOLE } from "@poplar/maildrop";
import { deferred, Lab, ManualClock, trust } from "./lab.ts";

const octetsOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** Lets in who says `open sesame!`; USER and PASS are a formality then. */
class Sesame implements PrefaceAcceptor {
  readonly peers: Peer[] = [];
  /** Stands before each answer. */
  before: () => Promise<undefined> = async () => undefined;

  begin(peer: Peer): Preface {
    this.peers.push(peer);
    let heard = "";
    const answer = (): PrefaceStep => {
      if (!"open sesame!".startsWith(heard.slice(0, 12))) {
        return { step: "refused", reply: octetsOf("closed."), reason: "wrong-words" };
      }
      if (heard.length < 12) return { step: "more", reply: octetsOf("?") };
      return { step: "passed", reply: octetsOf("opened. "), rest: octetsOf(heard.slice(12)) };
    };
    return {
      authenticator: knowing("alice"),
      broken: () => "half-said",
      receive: async (octets) => {
        await this.before();
        heard += Buffer.from(octets).toString("latin1");
        return answer();
      },
    };
  }
}

const knowing = (known: string): Authenticator => ({
  verifyPassword: async (name) =>
    name === known
      ? { login: name, maildropId: 1, view: WHOLE, mechanism: "SESAME" }
      : { fault: "bad-credentials" },
  apopTimestamp: () => undefined,
  verifyApop: async () => ({ fault: "bad-credentials" }),
  mechanisms: () => [],
  beginExchange: () => undefined,
});

test("a preface comes before the greeting, and decides about USER and PASS, without TLS too", async () => {
  const preface = new Sesame();
  await using lab = await Lab.start({ preface, isPlaintextLoginAllowed: false });
  const client = await lab.connectRaw();
  client.send("open sesame!");
  assert.match(await client.line(), /^opened\. \+OK/);
  assert.match(await client.ask("USER bob"), /^\+OK/);
  assert.match(await client.ask("PASS x"), /^-ERR \[AUTH\]/);
  assert.match(await client.ask("USER alice"), /^\+OK/);
  assert.match(await client.ask("PASS x"), /^\+OK/);
  await client.ask("QUIT");
  const { login, mechanism } = await lab.heard.summary();
  assert.deepEqual([login, mechanism], ["alice", "SESAME"]);
  assert.equal(lab.authenticator.peers.length, 0);
  assert.equal(preface.peers[0]?.address, "127.0.0.1");
});

test("its last answer and the greeting are one segment: no client waits for the second half", async () => {
  await using lab = await Lab.start({ preface: new Sesame() });
  const client = await lab.connectRaw();
  client.send("open sesame!");
  const [octets] = await new Promise<readonly Buffer[]>((resolve) =>
    client.socket.once("data", (...pieces: Buffer[]) => resolve(pieces)),
  );
  assert.match(octets!.toString("latin1"), /^opened\. \+OK .*\r\n$/);
});

test("it may come octet by octet, or with all that follows and the end of the client's side", async () => {
  await using lab = await Lab.start({ preface: new Sesame() });
  const slow = await lab.connectRaw();
  for (const octet of "open sesame!") slow.send(octet);
  assert.match(await slow.line(), /^\?*opened\. \+OK/);
  const eager = await lab.connectRaw();
  eager.send("open sesame!USER alice\r\nPASS x\r\nSTAT\r\nQUIT\r\n");
  eager.socket.end();
  assert.match(
    await eager.rest(),
    /^opened\. \+OK [^\n]*\n\+OK [^\n]*\n\+OK maildrop[^\n]*\n\+OK 0 0\r\n\+OK bye\r\n$/,
  );
});

test("who ends its side while the preface is being judged still hears the answer", async () => {
  const preface = new Sesame();
  const judged = deferred();
  preface.before = () => judged.promise;
  await using lab = await Lab.start({ preface });
  const client = await lab.connectRaw();
  client.send("open nothing");
  client.socket.end();
  // By the time that somebody else is served, the end has been seen.
  await lab.connectRaw();
  judged.resolve();
  assert.equal(await client.rest(), "closed.");
});

test("a preface that is refused, or breaks off, is told to the log and begins no session", async () => {
  await using lab = await Lab.start({ preface: new Sesame() });
  for (const [n, said, answer, reason] of [
    [1, "abracadabra", "closed.", "wrong-words"],
    [2, "open", "?", "half-said"],
    [3, "", "", "half-said"],
  ] as const) {
    const client = await lab.connectRaw();
    client.send(said);
    client.socket.end();
    assert.equal(await client.rest(), answer);
    assert.equal((await lab.heard.one("connectionRefused", n)).reason, reason);
    const { endReason, commands } = await lab.heard.summary(n);
    assert.deepEqual([endReason, commands], ["preface-refused", 0]);
  }
});

test("a preface has as long as a handshake", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ preface: new Sesame(), clock });
  const client = await lab.connectRaw();
  client.send("open");
  await new Promise((resolve) => client.socket.once("data", resolve));
  clock.advance(12);
  await client.rest();
  assert.equal((await lab.heard.summary()).endReason, "handshake-timeout");
});

test("a bug in a preface ends this connection and no other", async () => {
  const preface = new Sesame();
  preface.before = () => Promise.reject(new Error("a bug"));
  await using lab = await Lab.start({ preface });
  const client = await lab.connectRaw();
  client.send("open sesame!");
  assert.equal(await client.rest(), "");
  assert.equal((await lab.heard.one("commandRefused")).reason, "internal");
  preface.before = async () => undefined;
  const next = await lab.connectRaw();
  next.send("open sesame!");
  assert.match(await next.line(), /^opened\. \+OK/);
});

test("a server that stops does not wait for a preface", async () => {
  await using lab = await Lab.start({ preface: new Sesame() });
  const client = await lab.connectRaw();
  client.send("open");
  await new Promise((resolve) => client.socket.once("data", resolve));
  await lab.server.close();
  assert.equal((await lab.heard.summary()).endReason, "shutting-down");
});

test("TLS comes before it where TLS comes first, and behind it by STLS", async () => {
  await using lab = await Lab.start({ preface: new Sesame() });
  const secure = connectTls({ host: "127.0.0.1", port: lab.port("pop3s"), ...(await trust()) });
  secure.write("open sesame!");
  const greeting = await new Promise<Buffer>((resolve) => secure.once("data", resolve));
  assert.match(greeting.toString("latin1"), /^opened\. \+OK/);
  secure.destroy();
  const client = await lab.connectRaw();
  client.send("open sesame!");
  await client.line();
  assert.match(await client.ask("STLS"), /^\+OK/);
  await client.startTls(await trust());
  assert.match(await client.ask("USER alice"), /^\+OK/);
  assert.match(await client.ask("PASS x"), /^\+OK/);
});
