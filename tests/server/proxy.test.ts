import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { freePort, until } from "@poplar/testkit";
import { Lab, type LabOptions, ManualClock, trust } from "./lab.ts";
import { makeCertificate } from "./lab-certificates.ts";
import { LabClient } from "./lab-client.ts";

const isLoopback = (address: string): boolean => address === "127.0.0.1";

const behindBalancer = async (options: LabOptions = {}): Promise<Lab> =>
  Lab.start({ isBalancer: isLoopback, ...options });

const FROM_CUSTOMER = "PROXY TCP4 192.0.2.7 198.51.100.1 50000 110\r\n";

/** A header of version 2 for the same client and address, in hexadecimal. */
const FROM_CUSTOMER_V2 = Buffer.from(
  "0d0a0d0a000d0a515549540a2111000cc0000207c6336401c350006e",
  "hex",
).toString("latin1");

for (const [version, header] of [
  ["1", FROM_CUSTOMER],
  ["2", FROM_CUSTOMER_V2],
] as const) {
  test(`behind a balancer the client is whom the PROXY header names, version ${version}`, async () => {
    await using lab = await behindBalancer();
    lab.store.deliver("one\r\n");
    const client = await lab.connectRaw();
    client.send(header);
    assert.match(await client.line(), /^\+OK/);
    await client.logIn();
    await client.ask("QUIT");
    assert.equal((await lab.heard.summary()).address, "192.0.2.7");
    const [peer] = lab.authenticator.peers;
    assert.deepEqual([peer?.address, peer?.localAddress], ["192.0.2.7", "198.51.100.1"]);
  });

  test(`the same octet by octet, and with commands in the header's segment, version ${version}`, async () => {
    await using lab = await behindBalancer();
    const slow = await lab.connectRaw();
    for (const octet of header) slow.send(octet);
    assert.match(await slow.line(), /^\+OK/);
    const eager = await lab.connectRaw();
    eager.send(`${header}NOOP\r\nQUIT\r\n`);
    assert.match(await eager.rest(), /^\+OK .*\r\n-ERR .*\r\n\+OK .*\r\n$/);
  });

  test(`TLS begins behind the header, in the same segment or later, version ${version}`, async () => {
    await using lab = await behindBalancer();
    const raw = await lab.connectRaw("pop3s");
    raw.send(header);
    raw.socket.removeAllListeners();
    const secure = connectTls({ socket: raw.socket, ...(await trust()) });
    const greeting = await new Promise<Buffer>((resolve) => secure.once("data", resolve));
    assert.match(greeting.toString("latin1"), /^\+OK/);
    secure.destroy();
    assert.equal((await lab.heard.summary()).address, "192.0.2.7");
  });
}

test("from a balancer the header is required, and what is none is not answered", async () => {
  await using lab = await behindBalancer();
  for (const [n, said] of ["CAPA\r\n", "PROXY TCP4 1 2 3 4\r\n", "\x16\x03\x01\x02\0"].entries()) {
    const client = await lab.connectRaw();
    client.send(said);
    assert.equal(await client.rest(), "");
    const refused = await lab.heard.one("connectionRefused", n + 1);
    assert.deepEqual([refused.address, refused.reason], ["127.0.0.1", "proxy-header-malformed"]);
  }
  assert.equal(lab.heard.all("sessionStarted").length, 0);
});

test("from anybody else no header is looked for: a client cannot choose its address", async () => {
  await using lab = await Lab.start({ isBalancer: (address) => address === "127.0.0.9" });
  const client = await lab.connectRaw();
  client.send(FROM_CUSTOMER);
  assert.match(await client.line(), /^\+OK/);
  assert.match(await client.line(), /^-ERR unknown command/);
  client.send("QUIT\r\n");
  await client.rest();
  assert.equal((await lab.heard.summary()).address, "127.0.0.1");
});

test("health checks of the balancer, which speaks for itself, get a session from its own address", async () => {
  await using lab = await behindBalancer();
  for (const header of ["PROXY UNKNOWN\r\n", Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex")]) {
    const client = await lab.connectRaw();
    client.socket.write(header);
    assert.match(await client.line(), /^\+OK/);
    client.send("QUIT\r\n");
    await client.rest();
  }
  assert.equal((await lab.heard.summary(2)).address, "127.0.0.1");
});

test("a balancer that connects and leaves without a word is no event", async () => {
  await using lab = await behindBalancer();
  const silent = await lab.connectRaw();
  silent.socket.end();
  await silent.rest();
  const client = await lab.connectRaw();
  client.send(FROM_CUSTOMER);
  await client.line();
  assert.equal(lab.heard.all("connectionRefused").length, 0);
});

test("a header has as long as a handshake", async () => {
  const clock = new ManualClock();
  await using lab = await behindBalancer({ clock });
  const client = await lab.connectRaw();
  client.send("PROXY TCP4 192.0.2.7");
  // The server has it by the time that it has answered somebody else.
  const other = await lab.connectRaw();
  other.send(FROM_CUSTOMER);
  await other.line();
  clock.advance(12);
  assert.equal(await client.rest(), "");
  assert.equal((await lab.heard.one("connectionRefused")).reason, "proxy-header-timeout");
});

test("headers under way are bounded like handshakes, and end with the server", async () => {
  await using lab = await behindBalancer({ limits: { handshakesMax: 1 } });
  const waiting = await lab.connectRaw();
  waiting.send("PROXY");
  const second = await lab.connectRaw();
  assert.equal(await second.rest(), "");
  assert.equal((await lab.heard.one("connectionRefused")).reason, "too-many-handshakes");
  await lab.server.close();
  assert.equal(await waiting.rest(), "");
});

test("limits and the plaintext policy count the client's address, not the balancer's", async () => {
  await using lab = await behindBalancer({ limits: { connectionsPerAddressMax: 1 } });
  const connect = async (address: string): Promise<string> => {
    const client = await lab.connectRaw();
    client.send(`PROXY TCP4 ${address} 198.51.100.1 50000 110\r\n`);
    return client.line();
  };
  assert.match(await connect("192.0.2.7"), /^\+OK/);
  assert.match(await connect("192.0.2.8"), /^\+OK/);
  assert.match(await connect("192.0.2.7"), /^-ERR \[SYS\/TEMP\] too many connections/);
  const { address, reason } = await lab.heard.one("connectionRefused");
  assert.deepEqual([address, reason], ["192.0.2.7", "too-many-connections-of-address"]);
});

/** Runs Debian's HAProxy with one section, which binds the port that is answered, until the test is over. */
async function startHaproxy(t: TestContext, section: (port: number) => string): Promise<number> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "poplar-haproxy-"));
  const file = join(folder, "haproxy.cfg");
  const timeouts = "timeout connect 2s\n timeout client 10s\n timeout server 10s\n";
  await writeFile(file, `defaults\n mode tcp\n ${timeouts}${section(port)}`);
  const child = spawn("haproxy", ["-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const exited = once(child, "exit");
  t.after(async () => {
    child.kill();
    await exited;
    await rm(folder, { recursive: true });
  });
  await until("HAProxy answers", async () => {
    assert.equal(child.exitCode, null, complaints);
    const client = await LabClient.connect(port).catch(() => undefined);
    client?.[Symbol.dispose]();
    return client !== undefined;
  });
  return port;
}

for (const option of ["send-proxy", "send-proxy-v2"]) {
  test(`HAProxy tells the client's address by ${option}, and its health checks pass`, async (t) => {
    await using lab = await behindBalancer();
    lab.store.deliver("one\r\n");
    const port = await startHaproxy(
      t,
      (bound) => `listen pop3
 bind 127.0.0.1:${bound}
 server poplar 127.0.0.1:${lab.port("pop3")} ${option} check inter 100ms check-send-proxy\n`,
    );
    using client = await LabClient.connect(port, "127.0.0.7");
    assert.match(await client.line(), /^\+OK/);
    await client.logIn();
    await client.ask("QUIT");
    await client.rest();
    const { login, endReason } = await endFrom(lab, "127.0.0.7");
    assert.deepEqual([login, endReason], ["alice@example.test", "quit"]);
    assert.deepEqual(
      lab.authenticator.peers.map((peer) => peer.localAddress),
      ["127.0.0.1"],
    );
    // The balancer itself: it breaks off when it has connected.
    await endFrom(lab, "127.0.0.1");
    assert.equal(lab.heard.all("connectionRefused").length, 0);
  });
}

/** The first session from an address to end. */
async function endFrom(lab: Lab, address: string): Promise<Awaited<ReturnType<Lab["heard"]["summary"]>>> {
  for (let n = 1; ; n += 1) {
    const summary = await lab.heard.summary(n);
    if (summary.address === address) return summary;
  }
}

test("TLS that ended at HAProxy is none of ours, whatever the TLVs say", async (t) => {
  await using lab = await behindBalancer({ isPlaintextLoginAllowed: false });
  const folder = await mkdtemp(join(tmpdir(), "poplar-haproxy-"));
  t.after(async () => rm(folder, { recursive: true }));
  const { certificate, key } = await makeCertificate("localhost");
  await writeFile(join(folder, "server.pem"), `${certificate}\n${key}`);
  const port = await startHaproxy(
    t,
    (bound) => `listen pop3s
 bind 127.0.0.1:${bound} ssl crt ${join(folder, "server.pem")}
 server poplar 127.0.0.1:${lab.port("pop3")} send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,authority,unique-id
 unique-id-format %[uuid]\n`,
  );
  using client = await LabClient.connectTls(port, { ca: certificate, servername: "localhost" });
  assert.match(await client.line(), /^\+OK/);
  assert.match(await client.ask("USER alice@example.test"), /^-ERR use STLS/);
});
