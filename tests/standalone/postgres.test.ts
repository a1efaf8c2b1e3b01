import { doesNotMatch, fail, match, strictEqual } from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@poplar/storage";
import { silentLog } from "@poplar/storage/testing";
import { freePorts, until } from "@poplar/testkit";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { LmtpClient } from "../fixtures/lmtp-client.ts";
import { runProgram } from "../fixtures/run-program.ts";
import { password, Standalone, standaloneScript } from "../fixtures/standalone.ts";

const message = Buffer.from("Subject: kept\r\n\r\nKept.\r\n");

/** A Postgres beside the server, as an operator has one: on a TCP port, and started and stopped by others. */
class Neighbour {
  readonly port: number;
  readonly #dataDir: string;
  #running: EmbeddedPostgres | undefined;

  private constructor(dataDir: string, port: number) {
    this.#dataDir = dataDir;
    this.port = port;
  }

  static async start(t: TestContext): Promise<Neighbour> {
    const [port = 0] = await freePorts(1);
    const dataDir = await mkdtemp(join(tmpdir(), "poplar-neighbour-"));
    const neighbour = new Neighbour(dataDir, port);
    t.after(async () => {
      await neighbour.stop();
      await rm(dataDir, { recursive: true });
    });
    await neighbour.start();
    return neighbour;
  }

  async start(): Promise<void> {
    const settings = ["listen_addresses=127.0.0.1", `port=${this.port}`, "fsync=off"];
    this.#running = await startEmbeddedPostgres(this.#dataDir, silentLog, { settings });
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** With a password other than the right one, when told so. */
  url({ database = "postgres", secret }: { database?: string; secret?: string } = {}): string {
    const { password: right } = URL.parse((this.#running?.url ?? "").replace("@/", "@host/")) ?? {
      password: "",
    };
    return `postgres://poplar:${secret ?? right}@127.0.0.1:${this.port}/${database}`;
  }
}

test("a Postgres that cannot be used at the start: one sentence that says where and why, exit code 1", async (t) => {
  const neighbour = await Neighbour.start(t);
  const place = `Postgres at 127\\.0\\.0\\.1:${neighbour.port} cannot be used`;
  const cases: readonly (readonly [url: string, sentence: RegExp])[] = [
    ["postgres://poplar:s3cret@nowhere.invalid/x", /Postgres at nowhere\.invalid cannot be used: .*host/],
    [
      neighbour.url({ secret: "s3cret" }),
      new RegExp(`${place}: it refuses the password\\. Correct the name and`),
    ],
    [
      neighbour.url({ database: "nothing" }),
      new RegExp(`${place}: it has no such database\\. Make it with createdb`),
    ],
  ];
  const attempts = cases.map(async ([url, sentence]) => {
    const flags = [
      `--data-dir=${temporaryFolder(t)}`,
      `--postgres-url=${url}`,
      "--no-demo",
      "--log-level=error",
    ];
    const parameters = ["--conditions=@poplar/source", standaloneScript, ...flags];
    const { exitCode, stderr } = await runProgram(process.execPath, parameters, { timeoutMs: 60_000 });
    match(stderr, sentence);
    doesNotMatch(stderr, /s3cret|\n\s+at /);
    strictEqual(stderr.trimEnd().split("\n").length, 1, stderr);
    strictEqual(exitCode, 1);
  });
  await Promise.all(attempts);
});

/** Starts the server on a Postgres that is not up, and waits until it has said so. */
async function startWaiting(t: TestContext, url: string): Promise<ChildProcessWithoutNullStreams> {
  const [pop3, pop3s, lmtp, http] = await freePorts(4);
  const ports = [
    `--pop3-port=${pop3}`,
    `--pop3s-port=${pop3s}`,
    `--lmtp-port=${lmtp}`,
    `--http-port=${http}`,
  ];
  const flags = [...ports, `--data-dir=${temporaryFolder(t)}`, `--postgres-url=${url}`, "--no-demo"];
  const child = spawn(process.execPath, ["--conditions=@poplar/source", standaloneScript, ...flags]);
  t.after(() => child.kill("SIGKILL"));
  const said = await new Promise<string>((resolve) => {
    child.stderr.once("data", (octets: Buffer) => resolve(octets.toString()));
  });
  match(
    said,
    /^poplar: Postgres at 127\.0\.0\.1:\d+ cannot be used: nobody listens there\. Waiting for it\.\n$/,
  );
  return child;
}

const exitCodeOf = (child: ChildProcessWithoutNullStreams): Promise<number | null> =>
  new Promise((resolve) => {
    child.once("exit", resolve);
  });

test("a Postgres that is not up yet is waited for, with one sentence; then all is well by itself", async (t) => {
  const neighbour = await Neighbour.start(t);
  const url = neighbour.url();
  await neighbour.stop();
  const child = await startWaiting(t, url);
  child.stderr.once("data", (octets: Buffer) => fail(octets.toString()));
  // What renews certificates does not ask whether the server is up already.
  child.kill("SIGHUP");
  await neighbour.start();
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "Poplar is ready.") break;
  }
  const exitCode = exitCodeOf(child);
  child.kill("SIGTERM");
  strictEqual(await exitCode, 0);
});

test("whoever waits for Postgres can be stopped", async (t) => {
  const [unused = 0] = await freePorts(1);
  const child = await startWaiting(t, `postgres://poplar:s3cret@127.0.0.1:${unused}/x`);
  const exitCode = exitCodeOf(child);
  child.kill("SIGTERM");
  strictEqual(await exitCode, 0);
});

test("while Postgres is away everybody hears [SYS/TEMP] or 451; when it is back all is well by itself", async (t) => {
  const neighbour = await Neighbour.start(t);
  await using server = await Standalone.start({ flags: [`--postgres-url=${neighbour.url()}`] });
  const login = await server.addLogin("alice");
  await server.deliver(message, login);
  await server.deliver(message, login);

  using open = await server.logIn(login);
  match(await open.ask("DELE 1"), /^\+OK/);
  await neighbour.stop();
  await until("the server says that it is not ready", async () => !(await isReady(server)));

  using late = await server.connect();
  await late.ask(`USER ${login}`);
  match(await late.ask(`PASS ${password}`), /^-ERR \[SYS\/TEMP\] /);
  match(await late.ask("QUIT"), /^\+OK/);
  using lmtp = await LmtpClient.connect(server.ports.lmtp);
  const [refusal] = await lmtp.send({ recipients: [login], octets: message });
  match(refusal ?? "", /^451 4\.3\.0 /);
  match(await open.ask("RETR 2"), /^-ERR \[SYS\/TEMP\] /);
  match(await open.ask("NOOP"), /^\+OK/, "the session goes on");
  match(await open.ask("QUIT"), /^-ERR /, "RFC 1939 §6: what could not be removed is not said to be gone");
  strictEqual(await isAlive(server), true);

  await neighbour.start();
  await until("the server is ready again", () => isReady(server));
  using again = await server.logIn(login);
  match(await again.ask("STAT"), /^\+OK 2 /);
  match(await again.ask("RETR 1"), /^\+OK/);
  match(await again.lines(), /Subject: kept\r\n\r\nKept\.\r\n$/);
  await server.deliver(message, login);
  // The log comes by another way than the answers.
  const down = /"event":"dependency-down"[^]*"event":"dependency-up"/;
  await until("the log says so", () => down.test(server.process.output));
  const said = server.process.output;
  strictEqual(said.match(/"event":"dependency-down"/g)?.length, 1, said);
  strictEqual(said.match(/"event":"dependency-up"/g)?.length, 2, "at the start, and when it came back");
});

test("the embedded Postgres is started again when it dies, with nothing lost", async () => {
  await using server = await Standalone.start();
  const login = await server.addLogin("alice");
  await server.deliver(message, login);
  const first = server.postgresPid;
  if (first === undefined) throw new Error("no Postgres");
  process.kill(first, "SIGKILL");
  await until("another Postgres serves", async () => server.postgresPid !== first && isReady(server), 30_000);
  using client = await server.logIn(login);
  match(await client.ask("RETR 1"), /^\+OK/);
  match(await client.lines(), /Kept\.\r\n$/);
  match(await client.ask("DELE 1"), /^\+OK/);
  match(await client.ask("QUIT"), /^\+OK/);
});

const isReady = (server: Standalone): Promise<boolean> => answers(server, "ready");
const isAlive = (server: Standalone): Promise<boolean> => answers(server, "live");

async function answers({ ports }: Standalone, question: "ready" | "live"): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${ports.http}/health/${question}`);
  await response.arrayBuffer();
  return response.ok;
}
