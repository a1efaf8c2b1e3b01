import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { Lab, trust } from "./lab.ts";

/** A handshake that has to fail: the error code that the client sees. */
async function refusal(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, ...(await trust()), ...options });
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", () => reject(new Error("the handshake succeeded")));
    socket.once("error", (err: NodeJS.ErrnoException) => resolve(err.code ?? err.message));
  });
}

test("a session over POP3S tells the log its TLS version and cipher (RFC 8314 §4)", async () => {
  await using lab = await Lab.start({ isPlaintextLoginAllowed: false });
  lab.store.deliver("one\r\n");
  const client = await lab.connectTls();
  await client.logIn();
  assert.match(await client.ask("QUIT"), /^\+OK/);
  const summary = await lab.heard.summary();
  assert.equal(summary.listener, "pop3s");
  assert.equal(summary.tlsVersion, "TLSv1.3");
  assert.match(summary.tlsCipher!, /^TLS_AES/);
  const { address, isTlsActive, serverName } = lab.authenticator.peers[0]!;
  assert.deepEqual([address, isTlsActive, serverName], ["127.0.0.1", true, "localhost"]);
  assert.equal((await lab.heard.one("tlsHandshake")).outcome, "accepted");
});

test("STLS turns a plaintext connection into one that takes passwords (RFC 2595 §4)", async () => {
  await using lab = await Lab.start({ isPlaintextLoginAllowed: false });
  const client = await lab.connect();
  assert.match(await client.ask("USER alice@example.test"), /^-ERR use STLS/);
  assert.match(await client.ask("STLS"), /^\+OK/);
  await client.startTls(await trust());
  await client.logIn();
  await client.ask("QUIT");
  const summary = await lab.heard.summary();
  assert.equal(summary.tlsVersion, "TLSv1.3");
  assert.equal(summary.endReason, "quit");
});

test("what comes in the segment of STLS is thrown away, the name from USER too (RFC 2595 §4)", async () => {
  await using lab = await Lab.start();
  const client = await lab.connect();
  client.send("USER alice@example.test\r\nSTLS\r\nPASS secret with  spaces \r\nDELE 1\r\nNOO");
  await client.line();
  assert.match(await client.line(), /^\+OK begin/);
  await client.startTls(await trust());
  assert.match(await client.ask("P"), /^-ERR unknown command/);
  assert.match(await client.ask("PASS secret with  spaces "), /^-ERR PASS comes after USER/);
  assert.equal(lab.authenticator.peers.length, 0);
});

test("clear text in a segment after STLS ends the connection and is never carried out (CVE-2011-0411)", async () => {
  await using lab = await Lab.start();
  const client = await lab.connect();
  assert.match(await client.ask("STLS"), /^\+OK/);
  client.send("USER alice@example.test\r\nPASS secret with  spaces \r\n");
  assert.doesNotMatch(await client.rest(), /\+OK|-ERR/);
  const handshake = await lab.heard.one("tlsHandshake");
  assert.equal(handshake.outcome, "not-tls");
  assert.equal((await lab.heard.summary()).endReason, "tls-failed");
  assert.equal(lab.authenticator.peers.length, 0);
});

test("a client that speaks other protocols only is turned away (ALPN, CVE-2021-3618)", async () => {
  await using lab = await Lab.start();
  const port = lab.port("pop3s");
  assert.match(await refusal(port, { ALPNProtocols: ["http/1.1", "h2"] }), /ALERT_NO_APPLICATION/);
  assert.equal((await lab.heard.one("tlsHandshake")).outcome, "no-common-alpn");
  const client = await lab.connectTls({ ALPNProtocols: ["imap", "pop3"] });
  assert.match(await client.ask("CAPA"), /^\+OK/);
});

test("the same holds after STLS", async () => {
  await using lab = await Lab.start();
  const client = await lab.connect();
  await client.ask("STLS");
  const tls = { ...(await trust()), ALPNProtocols: ["http/1.1"] };
  await assert.rejects(client.startTls(tls), /no application protocol/i);
  const other = await lab.connect();
  await other.ask("STLS");
  const secure = await other.startTls({ ...tls, ALPNProtocols: ["pop3"] });
  assert.equal(secure.alpnProtocol, "pop3");
});

test("TLS 1.1 is refused, TLS 1.2 is not (RFC 8314 §4.1)", async () => {
  await using lab = await Lab.start();
  const old: ConnectionOptions = {
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT@SECLEVEL=0",
  };
  assert.match(await refusal(lab.port("pop3s"), old), /PROTOCOL/);
  assert.equal((await lab.heard.one("tlsHandshake")).outcome, "no-common-version");
  const client = await lab.connectTls({ maxVersion: "TLSv1.2" });
  assert.match(await client.ask("CAPA"), /^\+OK/);
});

test("clear text on the TLS port is told so in clear, and others are served", async () => {
  await using lab = await Lab.start();
  const client = await lab.connectRaw("pop3s");
  client.send("USER alice@example.test\r\n");
  assert.match(await client.rest(), /^-ERR this port speaks TLS[^\r]*\r\n$/);
  assert.equal((await lab.heard.summary()).endReason, "plaintext-on-tls-port");
  const other = await lab.connectTls();
  assert.match(await other.ask("CAPA"), /^\+OK/);
});

test("a TLS handshake on the plaintext port is told so in clear, cut as it may be", async () => {
  await using lab = await Lab.start();
  for (const hello of ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x16"]) {
    const client = await lab.connect();
    client.send(hello);
    assert.match(await client.rest(), /^-ERR this port speaks plaintext POP3; use STLS[^\r]*\r\n$/);
  }
  const summary = await lab.heard.summary();
  assert.equal(summary.endReason, "tls-on-plaintext-port");
  const other = await lab.connect();
  assert.match(await other.ask("CAPA"), /^\+OK/);
});

test("a client that breaks its handshake off leaves nothing behind", async () => {
  await using lab = await Lab.start({ limits: { handshakesMax: 1 } });
  for (let round = 1; round <= 3; round += 1) {
    const client = await lab.connectRaw("pop3s");
    client.send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc");
    client.socket.end();
    await lab.heard.summary(round);
    assert.equal((await lab.heard.one("tlsHandshake", round)).outcome, "closed-by-client");
  }
  const reset = await lab.connect();
  await reset.ask("STLS");
  reset.send("\x16\x03\x01");
  reset.socket.resetAndDestroy();
  await lab.heard.summary(4);
  const client = await lab.connectTls();
  assert.match(await client.ask("CAPA"), /^\+OK/);
});

test("a client that does not trust the certificate is counted as such", async () => {
  await using lab = await Lab.start();
  assert.equal(await refusal(lab.port("pop3s"), { ca: [] }), "DEPTH_ZERO_SELF_SIGNED_CERT");
  const summary = await lab.heard.summary();
  assert.notEqual(summary.endReason, "internal");
});

test("a TLS connection that is cut removes nothing (RFC 1939 §6)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("one\r\n");
  const client = await lab.connectTls();
  await client.logIn();
  await client.ask("DELE 1");
  client.socket.destroy();
  await lab.heard.summary();
  assert.equal(lab.store.messages.length, 1);
  assert.equal(await lab.isHeld(), false);
});

test("a message of 100 MB reaches a slow reader over TLS whole, in bounded memory", async () => {
  await using lab = await Lab.start();
  const window = Buffer.alloc(262_144, `${"x".repeat(62)}\r\n`);
  lab.store.deliverLarge(window, 400);
  const client = await lab.connectTls();
  await client.logIn();
  client.socket.removeAllListeners("data");
  const rssBefore = process.memoryUsage.rss();
  client.send("RETR 1\r\n");
  let octets = 0;
  let end = "";
  for await (const chunk of client.socket as AsyncIterable<Buffer>) {
    octets += chunk.length;
    end = (end + chunk.toString("latin1", Math.max(0, chunk.length - 5))).slice(-5);
    if (end === "\r\n.\r\n") break;
  }
  assert.equal(octets, `+OK ${window.length * 400} octets\r\n`.length + window.length * 400 + 3);
  assert.ok(process.memoryUsage.rss() - rssBefore < 100e6);
});
