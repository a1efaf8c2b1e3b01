import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { until } from "@poplar/testkit";
import { Standalone } from "../fixtures/standalone.ts";
import { LabClient } from "../server/lab-client.ts";

let server: Standalone;
before(async () => {
  server = await Standalone.start();
});
after(() => server[Symbol.asyncDispose]());

/** Any other client is served as ever. */
async function assertOthersServed(): Promise<void> {
  using client = await server.connect();
  match(await client.ask("CAPA"), /^\+OK/);
  match(await client.lines(), /^USER\r\n/m);
  match(await client.ask("QUIT"), /^\+OK/);
}

/** Sends all this, or as much of it as the server takes before it hangs up. */
async function pour(client: LabClient, chunks: readonly Buffer[]): Promise<void> {
  await pipeline(Readable.from(chunks), client.socket, { end: false }).catch(() => undefined);
}

const big = Buffer.from(`Subject: big\r\n\r\n${`${"x".repeat(70)}\r\n`.repeat(28_000)}`);
const small = (subject: string): Buffer => Buffer.from(`Subject: ${subject}\r\n\r\nHello.\r\n`);

test("RFC 1939 §4: a second session on a maildrop hears [IN-USE], and the first one is unharmed", async () => {
  const login = await server.addLogin("two-sessions");
  await server.deliver(small("mine"), login);
  using first = await server.logIn(login);
  match(await first.ask("DELE 1"), /^\+OK/);
  for (const _ of [1, 2]) {
    const refusal = await server.logIn(login).then(
      () => "let in",
      (err: unknown) => String(err),
    );
    match(refusal, /-ERR \[IN-USE\] /);
  }
  match(await first.ask("RSET"), /^\+OK/);
  match(await first.ask("RETR 1"), /^\+OK/);
  match(await first.lines(), /Subject: mine\r\n/);
  match(await first.ask("QUIT"), /^\+OK/);
});

const endings: readonly [name: string, end: (client: LabClient) => unknown][] = [
  ["QUIT", (client) => client.ask("QUIT")],
  ["end of file", (client) => client.socket.end()],
  ["TCP reset", (client) => client.socket.resetAndDestroy()],
  [
    "TCP reset in the middle of RETR",
    (client) => (client.send("RETR 1\r\n"), client.socket.resetAndDestroy()),
  ],
];
for (const [name, end] of endings) {
  test(`after ${name} the maildrop opens within a second, and only QUIT deletes`, async () => {
    const login = await server.addLogin(`after-${name.replaceAll(" ", "-").toLowerCase()}`);
    await server.deliver(big, login);
    await server.deliver(small("doomed"), login);
    using first = await server.logIn(login);
    match(await first.ask("DELE 2"), /^\+OK/);
    await end(first);
    const endedAt = performance.now();
    await until("the maildrop opens", async () => {
      try {
        using second = await server.logIn(login);
        match(await second.ask("STAT"), name === "QUIT" ? /^\+OK 1 / : /^\+OK 2 /);
        return true;
      } catch (err) {
        ok(String(err).includes("[IN-USE]"), String(err));
        return false;
      }
    });
    const ms = performance.now() - endedAt;
    ok(ms < 1000, `it took ${ms.toFixed(0)} ms`);
  });
}

test("garbage is answered line by line with -ERR, then the client is dismissed; others are served", async () => {
  using client = await server.connect();
  const lines = Array.from({ length: 20_000 }, () =>
    Buffer.from(
      `${randomBytes(30)
        .toString("latin1")
        .replaceAll(/[\r\n]/g, "")}\r\n`,
      "latin1",
    ),
  );
  await pour(client, lines);
  await assertOthersServed();
  const replies = (await client.rest()).split("\r\n").slice(0, -1);
  ok(replies.length > 0);
  for (const reply of replies) match(reply, /^-ERR /);
});

test("a line without end costs no memory: it is answered or cut off; others are served", async () => {
  using client = await server.connect();
  await pour(
    client,
    Array.from({ length: 1024 }, () => Buffer.alloc(65_536, "x")),
  );
  await assertOthersServed();
  client.socket.end("\r\nQUIT\r\n");
  for (const reply of (await client.rest()).split("\r\n").slice(0, -1)) match(reply, /^(?:-ERR |\+OK)/);
});

test("NUL and binary before login get -ERR and no crash", async () => {
  using client = await server.connect();
  match(await client.ask("\0\0\0"), /^-ERR /);
  match(await client.ask("USER \0"), /^(?:-ERR|\+OK) /);
  match(await client.ask("__proto__"), /^-ERR /);
  match(await client.ask("constructor 1"), /^-ERR /);
  match(await client.ask("QUIT"), /^\+OK/);
  await assertOthersServed();
});

test("TLS on the plaintext port gets a clear answer at once, not silence", async () => {
  const socket = connectTls({ host: "127.0.0.1", port: server.ports.pop3, rejectUnauthorized: false });
  const startedAt = performance.now();
  await rejects(once(socket, "secureConnect"), /wrong version number|packet length|ECONNRESET/);
  ok(performance.now() - startedAt < 5_000);
  await assertOthersServed();
});

test("plaintext on the TLS port is closed at once, and others are served", async () => {
  using client = await LabClient.connect(server.ports.pop3s);
  client.send("CAPA\r\nUSER somebody\r\n");
  const startedAt = performance.now();
  const answer = await client.rest();
  ok(performance.now() - startedAt < 5_000);
  // An alert of TLS at most: nothing that belongs to POP3 comes in clear.
  ok(!answer.includes("+OK"), JSON.stringify(answer));
  await assertOthersServed();
});

test("a handshake that is never finished keeps nobody else out", async () => {
  const silent = await Promise.all(Array.from({ length: 50 }, () => LabClient.connect(server.ports.pop3s)));
  try {
    using client = await LabClient.connectTls(server.ports.pop3s, { rejectUnauthorized: false });
    match(await client.line(), /^\+OK /);
  } finally {
    for (const client of silent) client[Symbol.dispose]();
  }
});

test("POP commands on the LMTP port and LMTP commands on the POP3 port get refusals", async () => {
  using lmtp = await LabClient.connect(server.ports.lmtp);
  match(await lmtp.line(), /^220 /);
  match(await lmtp.ask("CAPA"), /^5\d\d /);
  match(await lmtp.ask("EHLO x"), /^5\d\d /);
  match(await lmtp.ask("QUIT"), /^221 /);
  using pop = await server.connect();
  match(await pop.ask("LHLO client.example.test"), /^-ERR /);
  strictEqual(pop.socket.destroyed, false);
  await assertOthersServed();
});
