import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import type { MessageReader } from "@poplar/maildrop";
import { MessageTransfer } from "./message-transfer.ts";
import { Output } from "./output.ts";
import { own } from "./socket-events.ts";

const windowOctets = 128_000;
const windows = 60;

/** Octets that tell where in the message they are. */
const windowAt = (index: number): Buffer => {
  const window = Buffer.alloc(windowOctets);
  for (let at = 0; at < windowOctets; at += 8) window.write(`${index * windowOctets + at}`.padEnd(8), at);
  return window;
};

/** Memory that is given back is used at once: for nonsense. */
class HastyReader implements MessageReader {
  givenBack = 0;
  #next = 0;

  next(): Promise<Uint8Array | undefined> {
    this.#next += 1;
    return Promise.resolve(this.#next > windows ? undefined : windowAt(this.#next - 1));
  }

  giveBack(octets: Uint8Array): void {
    this.givenBack += 1;
    octets.fill(0x21);
  }
}

const psk = { ciphers: "PSK-AES128-GCM-SHA256", maxVersion: "TLSv1.2" } as const;
const secret = Buffer.alloc(16, 1);

const links = {
  TCP: async (t: TestContext) => {
    const server = createServer();
    const port = await listening(t, server);
    const client = connect(port, "127.0.0.1");
    return { client, socket: await accepted(server, "connection") };
  },
  TLS: async (t: TestContext) => {
    const server = createTlsServer({ ...psk, pskCallback: () => secret });
    const port = await listening(t, server);
    const client = connectTls({
      ...psk,
      port,
      host: "127.0.0.1",
      pskCallback: () => ({ psk: secret, identity: "test" }),
      checkServerIdentity: () => undefined,
    });
    return { client, socket: await accepted(server, "secureConnection") };
  },
};

async function listening(t: TestContext, server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

async function accepted(server: ReturnType<typeof createServer>, event: string): Promise<Socket> {
  const told: readonly unknown[] = await once(server, event);
  const [socket] = told;
  assert.ok(socket instanceof Socket);
  return socket;
}

for (const [name, link] of Object.entries(links)) {
  test(`memory is given back only when a slow client has been sent what was in it: ${name}`, async (t) => {
    const { client, socket } = await link(t);
    t.after(() => client.destroy());
    t.after(() => socket.destroy());
    const output = new Output(socket);
    own(socket, {
      received: () => {},
      inputEnded: () => {},
      drained: () => output.drained(),
      failed: (err) => assert.fail(err),
      closed: () => output.closed(),
    });
    const reader = new HastyReader();
    const transfer = new MessageTransfer(output, reader, { status: "+OK\r\n", bodyLines: undefined });
    const heard = hear(client);
    assert.equal(await transfer.run(), undefined);
    output.flush();
    socket.end();

    const sent = createHash("sha256").update("+OK\r\n");
    for (let index = 0; index < windows; index += 1) sent.update(windowAt(index));
    assert.equal(await heard, sent.update(".\r\n").digest("hex"));
    assert.equal(reader.givenBack, windows);
    assert.equal(transfer.octets, windows * windowOctets);
  });
}

/** Reads a little, and waits a little. @returns the hash of all. */
async function hear(client: Socket): Promise<string> {
  const hash = createHash("sha256");
  for await (const octets of client) {
    assert.ok(octets instanceof Uint8Array);
    hash.update(octets);
    if (Math.random() < 0.05) await delay(2);
  }
  return hash.digest("hex");
}
