import assert from "node:assert/strict";
import { once } from "node:events";
import { rename, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { ListenError } from "@poplar/telemetry";
import { LmtpClient, serve, temporaryDirectory } from "./test-fixture.ts";

const recipient = "alice@example.test";

test("a client too many is told so and hears nothing more; when another leaves there is room", async (t) => {
  const { events, client } = await serve(t, { limits: { connectionsMax: 2 } });
  const [first] = [await client(), await client()];
  assert.match(await first.line(), /^220 /);
  const third = await client();
  assert.equal(await third.line(), "421 4.3.2 Too many connections, try again later");
  assert.match(await third.line(), /^\(closed\)/);
  assert.deepEqual(events.turnedAway, [
    { listener: "lmtp", address: "127.0.0.1", reason: "too-many-connections" },
  ]);
  first.send("QUIT\r\n");
  await first.line();
  await once(first.socket, "close");
  // The server hears of it a moment later.
  while (!(await (await client()).line()).startsWith("220 "));
});

test("one address takes no more than its share", async (t) => {
  const { port, client } = await serve(t, { limits: { connectionsPerAddressMax: 1 } });
  assert.match(await (await client()).line(), /^220 /);
  assert.match(await (await client()).line(), /^421 4\.3\.2 /);
  const elsewhere = await LmtpClient.connect({
    host: "127.0.0.1",
    port,
    localAddress: "127.0.0.2",
  });
  assert.match(await elsewhere.line(), /^220 /);
  elsewhere.socket.destroy();
});

test("100 recipients are served, the one after the limit can come in the next transaction. RFC 5321 §4.5.3.1.10", async (t) => {
  const { store, client } = await serve(t, { limits: { recipientsMax: 100 } });
  const connection = await client();
  await connection.play("S: 220 *");
  connection.send("LHLO c.test\r\nMAIL FROM:<s@example.test>\r\n");
  for (let number = 0; number < 101; number += 1) connection.send(`RCPT TO:<u${number}@example.test>\r\n`);
  connection.send("DATA\r\nx\r\n.\r\n");
  const lines: string[] = [];
  while (lines.filter((line) => /stored/.test(line)).length < 100) lines.push(await connection.line());
  assert.equal(lines.filter((line) => line === "452 4.5.3 Too many recipients").length, 1);
  assert.deepEqual(
    lines.slice(-100).map((line) => /<(u\d+)@/.exec(line)?.[1]),
    Array.from({ length: 100 }, (_, number) => `u${number}`),
  );
  assert.equal(store.copies.length, 100);
});

test("a silent client is hung up on; one that waits for the store is not. RFC 5321 §4.5.3.2.7", async (t) => {
  const { store, client } = await serve(t, { limits: { idleMsMax: 150 } });
  const release = store.hold();
  const waiting = await client();
  await waiting.begin(recipient);
  waiting.send("x\r\n.\r\n");
  const silent = await client();
  await silent.begin(recipient);
  silent.send("x\r\n");
  assert.match(await silent.line(), /^421 4\.4\.2 /);
  assert.match(await silent.line(), /^\(closed\)/);
  release();
  assert.match(await waiting.line(), /^250 /);
  assert.equal(store.copies.length, 1);
});

test("a command line without end is cut off. RFC 5321 §4.5.3.1.4", async (t) => {
  const { client } = await serve(t);
  const connection = await client();
  await connection.play("S: 220 *");
  connection.send("x".repeat(5000));
  assert.match(await connection.line(), /^421 4\.5\.2 /);
  assert.match(await connection.line(), /^\(closed\)/);
});

test("draining ends the transactions under way, hangs up on the idle, and lets nobody in", async (t) => {
  const { store, server, events, client } = await serve(t);
  const release = store.hold();
  const idle = await client();
  await idle.play("S: 220 *");
  const [inData, inStore] = [await client(), await client()];
  await inData.begin(recipient);
  await inStore.begin(recipient);
  inStore.send("x\r\n.\r\n");

  const drained = server.drain(10_000);
  assert.match(await idle.line(), /^421 4\.3\.2 /);
  await assert.rejects(client(), { code: "ECONNREFUSED" });
  inData.send("y\r\n.\r\nMAIL FROM:<next@example.test>\r\n");
  release();
  for (const connection of [inData, inStore]) {
    assert.match(await connection.line(), /^250 2\.0\.0 /);
    assert.match(await connection.line(), /^421 4\.3\.2 /);
    assert.match(await connection.line(), /^\(closed\)$/);
  }
  assert.deepEqual(await drained, { sessionsCut: 0 });
  assert.deepEqual(events.drained, [3]);
  assert.equal(store.copies.length, 2);
});

test("draining ends at its limit, and says how many it cut; what was cut is not stored", async (t) => {
  const { store, server, client } = await serve(t);
  const connection = await client();
  await connection.begin(recipient);
  connection.send("x\r\n");
  assert.deepEqual(await server.drain(50), { sessionsCut: 1 });
  assert.match(await connection.line(), /^421 4\.3\.2 /);
  assert.match(await connection.line(), /^\(closed\)/);
  assert.equal(store.copies.length, 0);
});

test("on a Unix socket it is the same, with the permissions that were asked for", async (t) => {
  const socketPath = join(await temporaryDirectory(t), "lmtp.sock");
  const { store, server, events, client } = await serve(t, { socketPath, socketMode: 0o600 });
  assert.deepEqual(events.listeners, [socketPath]);
  assert.equal((await stat(socketPath)).mode & 0o777, 0o600);
  const connection = await client();
  await connection.begin(recipient);
  connection.send("x\r\n.\r\n");
  assert.match(await connection.line(), /^250 /);
  assert.match(store.copies[0]?.trace ?? "", /from client\.example\.test \(local\)\r\n/);
  await server.close();
  await assert.rejects(stat(socketPath), { code: "ENOENT" });
});

test("garbage, TLS and HTTP on the port are answered and hung up on; others are served meanwhile", async (t) => {
  const { client } = await serve(t);
  const tls = Buffer.from("16030100c8010000c40303\r\n\r\n\r\n".repeat(20), "latin1");
  for (const garbage of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\xff\0\r\n".repeat(1000), tls]) {
    const connection = await client();
    connection.send(garbage);
    let line = "";
    while (!line.startsWith("(closed)")) {
      line = await connection.line();
      assert.match(line, /^(220|500|421|\(closed\))/);
    }
    assert.match(await (await client()).line(), /^220 /);
  }
});

test("a Unix socket that nobody listens on is replaced, a live one and a file are not", async (t) => {
  const directory = await temporaryDirectory(t);
  const socketPath = join(directory, "lmtp.sock");
  const { server } = await serve(t, { socketPath });
  await assert.rejects(serve(t, { socketPath }), { name: "ListenError" });
  await server.close();

  // What a server that is killed leaves: closing removes the first name only.
  const stale = join(directory, "stale.sock");
  const killed = createServer().listen(socketPath);
  await once(killed, "listening");
  await rename(socketPath, stale);
  killed.close();
  await once(killed, "close");
  const { client } = await serve(t, { socketPath: stale });
  assert.match(await (await client()).line(), /^220 /);

  const file = join(directory, "file");
  await writeFile(file, "not a socket");
  await assert.rejects(serve(t, { socketPath: file }), /a file is in the way; stop it, or remove the file$/);
  await assert.rejects(
    serve(t, { socketPath: join(directory, "none", "s") }),
    /there is no such directory; make it/,
  );
});

test("a port in use is a sentence for the operator", async (t) => {
  const { port } = await serve(t);
  await assert.rejects(serve(t, { port }), (err) => {
    assert(err instanceof ListenError);
    assert(err.message.startsWith(`lmtp cannot listen on 127.0.0.1:${port}: the port is in use; `));
    return true;
  });
});
