import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { SecurityLayer } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import { Lab, trust } from "./lab.ts";
import type { LabClient } from "./lab-client.ts";

const KEY = 0x5a;
const scrambled = (octets: Uint8Array): Buffer => Buffer.from(octets.map((octet) => octet ^ KEY));

/** Octets with a frame: a length of four octets, and each octet changed. */
function framed(octets: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(octets.length);
  return Buffer.concat([head, scrambled(octets)]);
}

/** A layer as GSSAPI has it, without the cryptography. A length beyond a megabyte is a fault. */
class ScramblingLayer implements SecurityLayer {
  isClosed = false;
  #held: Buffer = Buffer.alloc(0);

  async wrap(octets: Uint8Array): Promise<Uint8Array> {
    await nextTurn();
    return framed(octets);
  }

  async unwrap(octets: Uint8Array): Promise<Uint8Array | Fault> {
    await nextTurn();
    this.#held = Buffer.concat([this.#held, octets]);
    const taken = takeFrames(this.#held);
    if (taken === undefined) return { fault: "bad-credentials" };
    this.#held = taken.rest;
    return taken.octets;
  }

  close(): void {
    this.isClosed = true;
  }
}

/** The whole frames at the beginning; `undefined` when there is one of more than a megabyte. */
function takeFrames(held: Buffer): { readonly octets: Buffer; readonly rest: Buffer } | undefined {
  const parts: Buffer[] = [];
  let rest = held;
  while (rest.length >= 4) {
    const length = rest.readUInt32BE(0);
    if (length > 1_048_576) return undefined;
    if (rest.length < 4 + length) break;
    parts.push(scrambled(rest.subarray(4, 4 + length)));
    rest = rest.subarray(4 + length);
  }
  return { octets: Buffer.concat(parts), rest };
}

/** What a client sees through the layer; it says what it has to say, and hears all that comes. */
class LayeredClient {
  readonly #client: LabClient;

  constructor(client: LabClient) {
    this.#client = client;
  }

  send(text: string): void {
    this.#client.socket.write(framed(Buffer.from(text, "latin1")));
  }

  async rest(): Promise<string> {
    const taken = takeFrames(Buffer.from(await this.#client.rest(), "latin1"));
    assert.ok(taken !== undefined && taken.rest.length === 0, "whole frames, and nothing in clear");
    return taken.octets.toString("latin1");
  }
}

const PLAIN = `AUTH PLAIN ${Buffer.from("\0alice@example.test\0secret with  spaces ").toString("base64")}`;

async function start(): Promise<{ lab: Lab; layer: ScramblingLayer }> {
  const lab = await Lab.start();
  const layer = new ScramblingLayer();
  lab.authenticator.offered = ["PLAIN"];
  lab.authenticator.layer = () => layer;
  return { lab, layer };
}

test("after the CRLF of the +OK all goes through the layer, both ways (RFC 5034 §4)", async () => {
  const { lab, layer } = await start();
  await using _ = lab;
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  assert.match(await client.ask(PLAIN), /^\+OK maildrop open/);
  const layered = new LayeredClient(client);
  layered.send("STAT\r\nRE");
  layered.send("TR 1\r\nDELE 1\r\nQUIT\r\n");
  assert.match(await layered.rest(), /^\+OK 1 5\r\n\+OK [^\n]*\r\none\r\n\.\r\n\+OK [^\n]*\r\n\+OK bye\r\n$/);
  const { endReason, messagesDeleted } = await lab.heard.summary();
  assert.deepEqual([endReason, messagesDeleted], ["quit", 1]);
  assert.ok(layer.isClosed);
});

test("octets in the segment of the last response are the layer's, and no commands", async () => {
  const { lab } = await start();
  await using _ = lab;
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  client.socket.write(Buffer.concat([Buffer.from(`${PLAIN}\r\n`), framed(Buffer.from("STAT\r\nQUIT\r\n"))]));
  assert.match(await client.line(), /^\+OK maildrop open/);
  assert.equal(await new LayeredClient(client).rest(), "+OK 1 5\r\n+OK bye\r\n");
});

test("commands in clear where the layer was agreed are never carried out", async () => {
  const { lab, layer } = await start();
  await using _ = lab;
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  client.send(`${PLAIN}\r\nDELE 1\r\nQUIT\r\n`);
  assert.match(await client.line(), /^\+OK maildrop open/);
  assert.equal(await client.rest(), "");
  const { endReason, messagesDeleted } = await lab.heard.summary();
  assert.deepEqual([endReason, messagesDeleted], ["security-layer-failed", 0]);
  assert.equal(lab.store.messages.length, 1);
  assert.equal(await lab.isHeld(), false);
  assert.ok(layer.isClosed);
});

test("a large message goes through at the pace of its reader, octet for octet", async () => {
  const { lab } = await start();
  await using _ = lab;
  const window = Buffer.from(`${randomBytes(24_000).toString("base64")}\r\n`.repeat(8));
  lab.store.deliverLarge(window, 40);
  const client = await lab.connect();
  await client.ask(PLAIN);
  const layered = new LayeredClient(client);
  client.socket.pause();
  layered.send("RETR 1\r\nQUIT\r\n");
  // Some turns, so that everybody's buffers fill.
  for (let turn = 0; turn < 50; turn += 1) await nextTurn();
  client.socket.resume();
  const answer = await layered.rest();
  const message = answer.slice(answer.indexOf("\r\n") + 2, answer.indexOf("\r\n.\r\n") + 2);
  assert.equal(message.length, window.length * 40);
  assert.ok(message === window.toString("latin1").repeat(40));
  assert.match(answer, /\r\n\.\r\n\+OK bye\r\n$/);
});

test("it works on top of TLS, and ends with a connection that is lost", async () => {
  const { lab, layer } = await start();
  await using _ = lab;
  lab.store.deliver("one\r\n");
  const client = await lab.connectTls(await trust());
  assert.match(await client.ask(PLAIN), /^\+OK maildrop open/);
  client.socket.write(framed(Buffer.from("DELE 1\r\n")));
  await new Promise((resolve) => client.socket.once("data", resolve));
  client.socket.destroy();
  const { messagesDeleted } = await lab.heard.summary();
  assert.equal(messagesDeleted, 0);
  assert.equal(await lab.isHeld(), false);
  assert.ok(layer.isClosed);
});

test("a client that closes its side through the layer is answered to its end", async () => {
  const { lab } = await start();
  await using _ = lab;
  const client = await lab.connect();
  await client.ask(PLAIN);
  const layered = new LayeredClient(client);
  layered.send("STAT\r\nQUIT\r\n");
  client.socket.end();
  assert.equal(await layered.rest(), "+OK 0 0\r\n+OK bye\r\n");
});

test("a login that opens no maildrop leaves the connection in clear, and the layer is closed", async () => {
  const { lab, layer } = await start();
  await using _ = lab;
  const holder = await lab.connect();
  await holder.logIn();
  const client = await lab.connect();
  assert.match(await client.ask(PLAIN), /^-ERR \[IN-USE\]/);
  assert.ok(layer.isClosed);
  assert.match(await client.ask("QUIT"), /^\+OK/);
});

test("a bug in a layer ends its connection and no other", async () => {
  const { lab, layer } = await start();
  await using _ = lab;
  const bug = (): never => {
    throw new Error("a bug");
  };
  for (const [n, broken] of [{ unwrap: async () => bug() }, { wrap: async () => bug() }].entries()) {
    lab.authenticator.layer = () => Object.assign(new ScramblingLayer(), broken);
    const client = await lab.connect();
    assert.match(await client.ask(PLAIN), /^\+OK maildrop open/);
    new LayeredClient(client).send("STAT\r\n");
    assert.equal(await client.rest(), "");
    assert.equal((await lab.heard.summary(n + 1)).endReason, "security-layer-failed");
  }
  lab.authenticator.layer = () => layer;
  const next = await lab.connect();
  assert.match(await next.ask(PLAIN), /^\+OK maildrop open/);
});
