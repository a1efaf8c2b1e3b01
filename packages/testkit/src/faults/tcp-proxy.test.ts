import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { TcpProxy } from "./tcp-proxy.ts";

/** A client and its server with a proxy between them. */
async function link(t: TestContext): Promise<{ proxy: TcpProxy; client: Socket; server: Socket }> {
  const listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.after(() => listener.close());
  const address = listener.address();
  assert(address !== null && typeof address === "object");
  const proxy = await TcpProxy.start({ host: "127.0.0.1", port: address.port });
  t.after(async () => proxy[Symbol.asyncDispose]());
  const client = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  const accepted: unknown[] = await once(listener, "connection");
  const [server] = accepted;
  assert(isSocket(server));
  for (const socket of [client, server]) socket.on("error", () => {});
  return { proxy, client, server };
}

const isSocket = (value: unknown): value is Socket => value instanceof Object && "resetAndDestroy" in value;

async function resetOf(socket: Socket): Promise<void> {
  const [error] = await new Promise<[NodeJS.ErrnoException]>((resolve) => {
    socket.once("error", (...values: [NodeJS.ErrnoException]) => resolve(values));
  });
  assert.equal(error.code, "ECONNRESET");
}

async function heard(socket: Socket): Promise<string> {
  const pieces: unknown[] = await once(socket, "data");
  return String(pieces[0]);
}

test("octets and ends pass in both directions", async (t) => {
  const { client, server } = await link(t);
  client.end("question");
  assert.equal(await heard(server), "question");
  server.end("answer");
  assert.equal(await heard(client), "answer");
  await once(client, "end");
});

test("a delay holds octets back without mixing them up", async (t) => {
  const { proxy, client, server } = await link(t);
  proxy.delay("up", 60);
  const sentMs = performance.now();
  client.write("1");
  let text = "";
  server.on("data", (octets: Buffer) => (text += octets.toString()));
  await once(server, "data");
  assert(performance.now() - sentMs >= 55);
  client.write("2");
  proxy.delay("up", 0);
  client.write("3");
  while (text.length < 3) await once(server, "data");
  assert.equal(text, "123");
});

test("octets never overtake each other, however faults come and go", async (t) => {
  const { proxy, client, server } = await link(t);
  let text = "";
  server.on("data", (octets: Buffer) => (text += octets.toString()));
  const said = Array.from({ length: 300 }, (_, index) => `${index},`);
  for (const [index, words] of said.entries()) {
    client.write(words);
    if (index % 7 === 0) proxy.delay("up", index % 3 === 0 ? 0 : 4);
    if (index % 31 === 0) proxy.blackHole("up");
    if (index % 31 === 5) proxy.heal();
    await nextTurn();
    // A busy process runs its timers late.
    for (const untilMs = performance.now() + (index % 5); performance.now() < untilMs; );
  }
  proxy.heal();
  client.end();
  await once(server, "end");
  assert.equal(text, said.join(""));
});

test("a black hole swallows one direction; once healed, everything arrives in order", async (t) => {
  const { proxy, client, server } = await link(t);
  proxy.blackHole("down");
  server.write("one, ");
  client.write("still heard");
  assert.equal(await heard(server), "still heard");
  server.end("two");
  assert.equal(client.bytesRead, 0);
  proxy.heal();
  let text = "";
  client.on("data", (octets: Buffer) => (text += octets.toString()));
  await once(client, "end");
  assert.equal(text, "one, two");
});

test("a black hole holds a bounded amount; then the sender waits", async (t) => {
  const { proxy, client, server } = await link(t);
  proxy.blackHole("up");
  client.write(Buffer.alloc(64 * 1024 * 1024));
  const waiting = once(client, "drain");
  for (let round = 0; round < 50; round += 1) {
    server.write(".");
    await heard(client);
  }
  assert.equal(server.bytesRead, 0);
  assert(client.writableLength > 0);
  server.resume();
  proxy.heal();
  await waiting;
  assert.equal(client.writableLength, 0);
});

test("a cut is a reset for both sides, and a refusing proxy resets whoever comes", async (t) => {
  const { proxy, client, server } = await link(t);
  server.write("connected");
  await heard(client);
  const cut = Promise.all([resetOf(client), resetOf(server)]);
  proxy.refuse();
  await cut;
  const next = connect({ port: proxy.port, host: "127.0.0.1" });
  await resetOf(next);
  assert.equal(proxy.connections, 0);
});

test("half a connection can be closed, and the other half goes on", async (t) => {
  const { proxy, client, server } = await link(t);
  client.write("hello");
  await heard(server);
  proxy.halfClose("up");
  server.resume();
  await once(server, "end");
  server.write("still here");
  assert.equal(await heard(client), "still here");
});
