import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createRedisLeaseStore } from "@poplar/lease";
import { withRedis } from "@poplar/lease/testing";
import { LOGIN } from "@poplar/testkit";
import { HeldStep, Lab, ManualClock } from "./lab.ts";
import { LabClient } from "./lab-client.ts";

const PASS = `PASS ${LOGIN.password}`;
const IN_USE = /^-ERR \[IN-USE\]/;

/** Logs in, and says what came of it. */
async function tryToLogIn(client: LabClient): Promise<string> {
  await client.ask(`USER ${LOGIN.name}`);
  return client.ask(PASS);
}

test("a client that comes back takes over from its own session that has been silent for half a minute", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { leaseWaitMsMax: 1000 } });
  lab.store.deliver("one\r\n");
  const before = await lab.connect();
  await before.logIn();
  await before.ask("DELE 1");
  clock.advance(30);
  assert.match(await tryToLogIn(await lab.connect()), /^\+OK/);
  assert.match(await before.rest(), /^-ERR \[SYS\/TEMP\] .*nothing was deleted/);
  const summary = await lab.heard.summary();
  assert.equal(summary.endReason, "client-came-back");
  assert.equal(summary.messagesDeleted, 0);
  assert.equal(lab.store.messages.length, 1);
});

test("a session that was heard of lately is not harmed (RFC 1939 §4)", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  lab.store.deliver("one\r\n");
  const first = await lab.connect();
  await first.logIn();
  await first.ask("DELE 1");
  clock.advance(29);
  assert.match(await tryToLogIn(await lab.connect()), IN_USE);
  assert.match(await first.ask("QUIT"), /^\+OK/);
  assert.equal(lab.store.messages.length, 0);
});

test("half a command is a sign of life too", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const first = await lab.connect();
  await first.logIn();
  clock.advance(29);
  first.send("NO");
  // Answered after the half command has been read: both travel the same loop.
  await lab.connect();
  clock.advance(2);
  assert.match(await tryToLogIn(await lab.connect()), IN_USE);
  first.send("OP\r\n");
  assert.match(await first.line(), /^\+OK/);
});

test("nobody takes over from another address, however silent the session is", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const first = await lab.connect();
  await first.logIn();
  clock.advance(300);
  const socket = connect({ host: "127.0.0.1", port: lab.port("pop3"), localAddress: "127.0.0.2" });
  using elsewhere = new LabClient(socket);
  await elsewhere.line();
  assert.match(await tryToLogIn(elsewhere), IN_USE);
  assert.match(await first.ask("NOOP"), /^\+OK/);
});

test("a QUIT that is being carried out is carried out, whoever comes back (RFC 1939 §6)", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  lab.store.deliver("one\r\n");
  const removal = new HeldStep();
  lab.store.beforeRemove = removal.hold;
  const first = await lab.connect();
  await first.logIn();
  await first.ask("DELE 1");
  first.send("QUIT\r\n");
  await removal.begun;
  clock.advance(300);
  assert.match(await tryToLogIn(await lab.connect()), IN_USE);
  removal.letGo();
  assert.match(await first.line(), /^\+OK/);
});

test("a slow reader in the middle of a message has two minutes", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock });
  const windows = {
    sent: 0,
    *[Symbol.iterator]() {
      for (const window = Buffer.alloc(65_536, "x"); this.sent < 10_000; this.sent += 1) yield window;
    },
  };
  lab.store.messages.push({ uid: 1, octets: 655_360_000, windows: () => windows[Symbol.iterator]() });
  const reader = await lab.connect();
  await reader.logIn();
  reader.socket.pause();
  reader.send("RETR 1\r\n");
  await untilStuck(windows);
  clock.advance(119);
  assert.match(await tryToLogIn(await lab.connect()), IN_USE);
  clock.advance(1);
  await tryToLogIn(await lab.connect());
  assert.equal((await lab.heard.summary()).endReason, "client-came-back");
  assert.match(await tryToLogIn(await lab.connect()), /^\+OK/);
});

/** Resolves when the system takes no more: for many turns nothing has been asked for. */
async function untilStuck(windows: { readonly sent: number }): Promise<void> {
  let sent = -1;
  for (let quietTurns = 0; quietTurns < 1000; quietTurns += 1) {
    if (windows.sent !== sent) quietTurns = 0;
    sent = windows.sent;
    await nextTurn();
  }
}

test("a client that vanished without a word, and comes back, is let in within the second", async (t) => {
  await using lab = await Lab.start({ limits: { leaseWaitMsMax: 1000 } });
  const vanishing = await VanishingClient.logIn(t, lab.port("pop3"));
  await vanishing.vanish();
  assert(await lab.isHeld(), "nobody has told the server");
  assert.match(await tryToLogIn(await lab.connect()), /^\+OK/);
  assert.equal((await lab.heard.summary()).endReason, "connection-lost");
});

test("the same, when the client comes back to another node, over TLS", async (t) => {
  const redis = await withRedis(t);
  const open = async () => {
    const store = await createRedisLeaseStore({ target: { kind: "single", url: redis.url } });
    t.after(() => store.close());
    return store;
  };
  const limits = { leaseWaitMsMax: 1000 };
  await using here = await Lab.start({ leases: await open(), limits });
  await using there = await Lab.start({ leases: await open(), limits });
  const vanishing = await VanishingClient.logIn(t, here.port("pop3s"), "tls");
  await vanishing.vanish();
  assert.match(await tryToLogIn(await there.connect()), /^\+OK/);
  assert.equal((await here.heard.summary()).endReason, "connection-lost");
});

/**
 * A client whose machine loses its memory: the connection is gone, and no packet says so (TCP_REPAIR, which
 * needs CAP_NET_ADMIN). The next packet that it gets is answered by a reset.
 */
class VanishingClient {
  readonly #process: ChildProcess;

  constructor(child: ChildProcess) {
    this.#process = child;
  }

  static async logIn(
    t: TestContext,
    port: number,
    link: "plain" | "tls" = "plain",
  ): Promise<VanishingClient> {
    const child = spawn("python3", ["-c", PROGRAM, String(port), link, LOGIN.name, LOGIN.password], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    t.after(() => child.kill("SIGKILL"));
    assert.deepEqual(await once(createInterface({ input: child.stdout }), "line"), ["logged in"]);
    return new VanishingClient(child);
  }

  async vanish(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.stdin?.end("\n");
    assert.deepEqual(await exited, [0, null], "TCP_REPAIR needs CAP_NET_ADMIN");
  }
}

const PROGRAM = `
import poplib, socket, ssl, sys
port, link, name, password = sys.argv[1:]
if link == "tls":
    client = poplib.POP3_SSL("127.0.0.1", int(port), context=ssl._create_unverified_context())
else:
    client = poplib.POP3("127.0.0.1", int(port))
client.user(name)
client.pass_(password)
print("logged in", flush=True)
sys.stdin.readline()
connection = socket.socket(fileno=client.sock.detach()) if link == "tls" else client.sock
connection.setsockopt(socket.IPPROTO_TCP, 19, 1)
connection.close()
`;
