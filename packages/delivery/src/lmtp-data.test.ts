import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { WireEncoder } from "@poplar/protocol";
import fc from "fast-check";
import { serve } from "./test-fixture.ts";

const recipient = "alice@example.test";

/** What the store must hold for a message: the reference that reading relies on. */
function wireFormOf(message: string): string {
  const encoder = new WireEncoder();
  const slices = [...encoder.encode(Buffer.from(message, "latin1")), ...encoder.finish()];
  return Buffer.concat(slices).toString("latin1");
}

/** What a client sends after DATA. RFC 5321 §4.5.2. */
const sentForm = (message: string): string =>
  `${message.replace(/(^|\r\n)\./g, "$1..")}${message === "" || message.endsWith("\r\n") ? "" : "\r\n"}.\r\n`;

const octets = fc
  .array(fc.constantFrom("\r", "\n", ".", "\0", "x", "\xff", "\r\n", "\r\n.", ".\r\n", "\r\n.\r\n"), {
    maxLength: 60,
  })
  .map((parts) => parts.join(""));

test("any octets come out in the normal form, however the client cuts them. RFC 5321 §4.5.2", async (t) => {
  const { store, client } = await serve(t, { spool: { memoryOctetsMax: 40 } });
  const connection = await client();
  connection.socket.setNoDelay(true);
  const property = fc.asyncProperty(octets, fc.integer({ min: 1, max: 200 }), async (message, cutEvery) => {
    await connection.begin(recipient);
    const sent = Buffer.from(sentForm(message), "latin1");
    for (let at = 0; at < sent.length; at += cutEvery) {
      connection.send(sent.subarray(at, at + cutEvery));
      if (at / cutEvery < 20) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.match(await connection.line(), /^250 /);
    // A client that is made to end the last line adds a CRLF of its own.
    const whole = message === "" || message.endsWith("\r\n") ? message : `${message}\r\n`;
    assert.equal(store.copies.at(-1)?.wire.toString("latin1"), wireFormOf(whole));
    assert.equal(store.copies.at(-1)?.octets, wireFormOf(whole).replace(/(^|\r\n)\.\./g, "$1.").length);
  });
  await fc.assert(property, { numRuns: 150 });
});

const smuggled = "MAIL FROM:<evil@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nsmuggled\r\n";

for (const [notTheEnd, wire] of [
  ["\n.\n", "\r\n..\r\n"],
  ["\n.\r\n", "\r\n..\r\n"],
  ["\r.\r", "\r.\r"],
  ["\r.\r\n", "\r.\r\n"],
  ["\r\n.\r", "\r\n\r"],
  ["\r\n.\n", "\r\n\r\n"],
  ["\n\n.\n\n", "\r\n\r\n..\r\n\r\n"],
  ["\r\n.\0\r\n", "\r\n\0\r\n"],
] as const) {
  test(`${JSON.stringify(notTheEnd)} cannot smuggle a second message in. RFC 5321 §4.1.1.4`, async (t) => {
    const { store, client } = await serve(t);
    const connection = await client();
    await connection.begin(recipient);
    connection.send(`first${notTheEnd}${smuggled}.\r\nNOOP\r\n`);
    assert.match(await connection.line(), /^250 2\.0\.0 <alice@example\.test> stored/);
    assert.equal(await connection.line(), "250 2.0.0 OK");
    assert.deepEqual(
      store.copies.map((copy) => copy.wire.toString("latin1")),
      [`first${wire}${smuggled}`],
    );
  });
}

test("bare CR, NUL, 8-bit octets and a line of 100,000 are stored without loss", async (t) => {
  const { store, client } = await serve(t);
  const connection = await client();
  const message = `S: x\r\n\r\na\rb\0c\xff\xfe\r\n${"long".repeat(25_000)}\r\nbare\nlast`;
  await connection.begin(recipient);
  connection.send(Buffer.from(sentForm(message), "latin1"));
  assert.match(await connection.line(), /^250 /);
  assert.equal(store.copies[0]?.wire.toString("latin1"), `${message.replace("bare\n", "bare\r\n")}\r\n`);
});

test("a message one octet over the limit is refused for each recipient, and the connection lives on", async (t) => {
  const { store, events, client } = await serve(t, { messageOctetsMax: 100_000 });
  const connection = await client();
  const line = `.${"x".repeat(97)}\r\n`;
  for (const [message, reply] of [
    [line.repeat(1000), /^250 /],
    [`${line.repeat(1000)}\n`, /^552 5\.3\.4 /],
    [line.repeat(5000), /^552 5\.3\.4 /],
  ] as const) {
    await connection.begin(recipient, "bob@example.test");
    await connection.pump(Buffer.from(sentForm(message)));
    assert.match(await connection.line(), reply);
    assert.match(await connection.line(), reply);
  }
  assert.equal(store.copies.length, 2);
  assert.deepEqual(new Set(events.refused.map((event) => event.reason)), new Set(["message-too-big"]));
});

test("a client that leaves in the middle of a message stores nothing and leaves nothing on the disk", async (t) => {
  const { store, events, spool, spoolDirectory, client } = await serve(t, {
    spool: { memoryOctetsMax: 1000 },
  });
  for (const leave of ["destroy", "end", "resetAndDestroy"] as const) {
    const connection = await client();
    await connection.begin(recipient);
    await connection.pump(Buffer.alloc(300_000, "x\r\n"));
    connection.send("\r\n.\r");
    while (spool.diskOctets < 200_000) await new Promise((resolve) => setTimeout(resolve, 5));
    connection.socket[leave]();
    await once(connection.socket, "close");
    while (spool.diskOctets > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(store.copies.length, 0);
  assert.deepEqual(await readdir(spoolDirectory), []);
  assert.deepEqual(
    events.refused.map((event) => event.reason),
    ["message-cut-short", "message-cut-short", "message-cut-short"],
  );
});

test("a client that leaves before the reply has its message stored: it will come again, LMTP knows no better", async (t) => {
  const { store, events, client } = await serve(t);
  const release = store.hold();
  const gone = await client();
  await gone.begin(recipient);
  gone.send("x\r\n.\r\n");
  gone.socket.end();
  await new Promise((resolve) => setTimeout(resolve, 20));
  gone.socket.destroy();
  release();
  const next = await client();
  await next.begin(recipient);
  next.send("x\r\n.\r\n");
  assert.match(await next.line(), /^250 /);
  assert.equal(store.copies.length, 2);
  assert.equal(events.accepted.length, 2);
});

test("when the spool has no room the message can come again later", async (t) => {
  const { spool, client } = await serve(t, { spool: { memoryOctetsMax: 1000, diskOctetsMax: 50_000 } });
  const [first, second] = [await client(), await client()];
  await first.begin(recipient);
  await first.pump(Buffer.alloc(45_000, "x\r\n"));
  while (spool.diskOctets < 40_000) await new Promise((resolve) => setTimeout(resolve, 5));
  await second.begin(recipient);
  second.send(sentForm("y".repeat(20_000)));
  assert.match(await second.line(), /^452 4\.3\.1 /);
  first.send("\r\n.\r\n");
  assert.match(await first.line(), /^250 /);
  await second.begin(recipient);
  second.send(sentForm("y".repeat(20_000)));
  assert.match(await second.line(), /^250 /);
});

test("a message of 100 MB for three passes through bounded memory", async (t) => {
  // What is held counts here, not what waits for the collector: that is one bound for the whole process.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert.ok(typeof collect === "function");
  const messageOctets = 100 * 1024 ** 2;
  const { store, spool, client } = await serve(t, { messageOctetsMax: messageOctets });
  let stored = 0;
  let rssMax = 0;
  let sinceMeasured = 0;
  const measure = (passed: number): void => {
    sinceMeasured += passed;
    if (sinceMeasured < 5e6) return;
    sinceMeasured = 0;
    Reflect.apply(collect, undefined, []);
    rssMax = Math.max(rssMax, process.memoryUsage.rss());
  };
  store.onSlice = (slice) => {
    stored += slice.length;
    measure(slice.length);
  };
  const connection = await client();
  await connection.begin(recipient, "bob@example.test", "kim@example.test");
  const chunk = Buffer.alloc(64 * 1024, `${"x".repeat(62)}\r\n`);
  const rssBefore = process.memoryUsage.rss();
  for (let sent = 0; sent < messageOctets; sent += chunk.length) {
    await connection.pump(chunk);
    measure(chunk.length);
  }
  connection.send(".\r\n");
  for (let replies = 0; replies < 3; replies += 1) assert.match(await connection.line(), /^250 /);
  assert.equal(stored, 3 * messageOctets);
  assert.equal(spool.diskOctets, 0);
  const grownMb = (rssMax - rssBefore) / 1024 ** 2;
  t.diagnostic(`grew by ${grownMb.toFixed(1)} MB`);
  assert.ok(grownMb < 60, `memory grew by ${grownMb.toFixed(1)} MB`);
});
