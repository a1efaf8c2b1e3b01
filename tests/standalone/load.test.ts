import { ok, strictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LmtpClient } from "../fixtures/lmtp-client.ts";
import { runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

const megabyte = 1024 * 1024;

let server: Standalone;
before(async () => {
  server = await Standalone.start({ flags: ["--log-level=warn"] });
});
after(() => server[Symbol.asyncDispose]());

/** Resident memory of the server's own process, in octets. */
async function residentOctets(): Promise<number> {
  const { pid } = server.process;
  const { stdout } = await runWell("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout.toString()) * 1024;
}

/** Addresses of one maildrop: what follows the plus is its owner's business. */
const subaddresses = (login: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => login.replace("@", `+${index}@`));

async function deliverToAll(
  client: LmtpClient,
  recipients: readonly string[],
  octets: Buffer,
): Promise<void> {
  const replies = await client.send({ recipients, octets });
  strictEqual(replies.filter((reply) => reply.startsWith("250 ")).length, recipients.length, replies[0]);
}

test("10,000 messages: STAT, LIST and UIDL agree, and unique-ids are unique", async (t) => {
  const login = await server.addLogin("many");
  const recipients = subaddresses(login, 100);
  const deliveries = Array.from({ length: 100 }, (_, index) => index);
  const lanes = Array.from({ length: 4 }, async () => {
    using client = await LmtpClient.connect(server.ports.lmtp);
    for (let index = deliveries.pop(); index !== undefined; index = deliveries.pop()) {
      const body = "x".repeat(index);
      await deliverToAll(client, recipients, Buffer.from(`Subject: ${index}\r\n\r\n${body}\r\n`));
    }
  });
  await Promise.all(lanes);

  using client = await server.connect();
  const startedAt = performance.now();
  await client.logIn(login, password);
  t.diagnostic(`login with 10,000 messages: ${(performance.now() - startedAt).toFixed(0)} ms`);
  const [, count, octets] = (await client.ask("STAT")).split(" ").map(Number);
  strictEqual(count, 10_000);
  await client.ask("LIST");
  const sizes = rows(await client.lines());
  await client.ask("UIDL");
  const ids = rows(await client.lines());
  const numbers = Array.from({ length: 10_000 }, (_, index) => String(index + 1)).join();
  strictEqual(sizes.map(([number]) => number).join(), numbers);
  strictEqual(ids.map(([number]) => number).join(), numbers);
  strictEqual(
    sizes.reduce((sum, [, size]) => sum + Number(size), 0),
    octets,
  );
  strictEqual(new Set(ids.map(([, id]) => id)).size, 10_000);
  for (const number of [1, 5000, 10_000]) {
    strictEqual(await client.ask(`LIST ${number}`), `+OK ${sizes[number - 1]?.join(" ")}`);
    const reply = await client.ask(`RETR ${number}`);
    ok(reply.startsWith("+OK"), reply);
    strictEqual((await client.lines()).length, Number(sizes[number - 1]?.[1]), `message ${number}`);
  }
  await client.ask("QUIT");
});

const rows = (lines: string): string[][] =>
  lines
    .split("\r\n")
    .slice(0, -1)
    .map((line) => line.split(" "));

test("a gigabyte of big messages through a slow reader, beside readers that stand still: bounded memory", async (t) => {
  const messageOctets = 10 * megabyte;
  const line = `${randomBytes(38).toString("hex")}\r\n`;
  const body = line.repeat(Math.floor(messageOctets / line.length));
  const reader = await server.addLogin("reader");
  const stalled = await Promise.all(
    Array.from({ length: 8 }, (_, index) => server.addLogin(`stalled-${index}`)),
  );
  using lmtp = await LmtpClient.connect(server.ports.lmtp);
  const recipients = [...subaddresses(reader, 4), ...stalled];
  await deliverToAll(lmtp, recipients, Buffer.from(`Subject: big\r\n\r\n${body}`));

  const restOctets = await residentOctets();
  const standing = await Promise.all(stalled.map(async (login) => standStill(login)));
  const retrievals = 100;
  const client = await server.logIn(reader);
  const drinker = new Drinker(client.socket);
  let peakOctets = 0;
  const startedAt = performance.now();
  for (let index = 0; index < retrievals; index += 1) {
    await drinker.retrieve(1 + (index % 4), messageOctets * 0.95);
    if (index % 5 === 0) peakOctets = Math.max(peakOctets, await residentOctets());
  }
  const seconds = (performance.now() - startedAt) / 1000;
  client[Symbol.dispose]();
  for (const socket of standing) socket.destroy();
  const inMegabytes = (octets: number): string => (octets / megabyte).toFixed(0);
  t.diagnostic(
    `${inMegabytes(drinker.octets)} MB in ${seconds.toFixed(1)} s; ` +
      `resident ${inMegabytes(restOctets)} MB before, ${inMegabytes(peakOctets)} MB at most`,
  );
  ok(drinker.octets > retrievals * messageOctets * 0.95);
  ok(peakOctets - restOctets < 100 * megabyte, "memory does not grow with what is sent");
});

/** A session that asks for its message again and again, and reads nothing of it. */
async function standStill(login: string): Promise<Socket> {
  const client = await server.logIn(login);
  const { socket } = client;
  socket.removeAllListeners("data");
  socket.pause();
  socket.write("RETR 1\r\n".repeat(20));
  return socket;
}

/** Reads piece by piece, and rests between them. */
class Drinker {
  octets = 0;
  readonly #socket: Socket;
  readonly #sips: AsyncIterator<Buffer, undefined>;
  #tail = "";

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.removeAllListeners("data");
    this.#sips = socket[Symbol.asyncIterator]();
  }

  /** Asks for a message, and reads to its termination. */
  async retrieve(number: number, octetsMin: number): Promise<void> {
    this.#socket.write(`RETR ${number}\r\n`);
    const from = this.octets;
    this.#tail = "";
    while (this.octets - from < octetsMin || !this.#tail.endsWith("\r\n.\r\n")) {
      const { value } = await this.#sips.next();
      if (value === undefined) throw new Error(`closed after ${this.octets} octets`);
      this.octets += value.length;
      this.#tail = (this.#tail + value.subarray(-5).toString("latin1")).slice(-5);
      await nextTurn();
    }
  }
}

test("2,000 idle connections: others are served at once, and each still answers", async (t) => {
  const login = await server.addLogin("busy");
  const restOctets = await residentOctets();
  const idle: Socket[] = [];
  try {
    for (let batch = 0; batch < 20; batch += 1) {
      idle.push(...(await Promise.all(Array.from({ length: 100 }, () => openIdle()))));
    }
    const startedAt = performance.now();
    using client = await server.logIn(login);
    strictEqual(await client.ask("STAT"), "+OK 0 0");
    const ms = performance.now() - startedAt;
    const perConnection = ((await residentOctets()) - restOctets) / idle.length / 1024;
    t.diagnostic(`a login beside them: ${ms.toFixed(0)} ms; ${perConnection.toFixed(1)} KB for each of them`);
    ok(ms < 2000, `${ms.toFixed(0)} ms`);
    const replies = await Promise.all(idle.map(async (socket) => ask(socket, "QUIT\r\n")));
    strictEqual(replies.filter((reply) => reply.startsWith("+OK")).length, 2000);
  } finally {
    for (const socket of idle) socket.destroy();
  }
});

async function openIdle(): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: server.ports.pop3 });
  await once(socket, "data");
  return socket;
}

async function ask(socket: Socket, command: string): Promise<string> {
  const answer = once(socket, "data");
  socket.write(command);
  return String((await answer)[0]);
}
