import { doesNotMatch, match, strictEqual } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { withRedis } from "@poplar/lease/testing";
import { withPostgres } from "@poplar/storage/testing";
import { freePort, until } from "@poplar/testkit";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { LabClient } from "../server/lab-client.ts";

const script = resolve(import.meta.dirname, "../../apps/pop3/src/main.ts");
const toFull = "/dev/full";

/** A front end as an operator starts one, with what it says. */
interface FrontEnd {
  readonly child: ChildProcess;
  readonly pop3Port: number;
  readonly said: { out: string; err: string };
  readonly isReady: () => Promise<boolean>;
}

async function startFrontEnd(
  t: TestContext,
  redisUrl: string,
  { output = "pipe", graceMs = 0 }: { readonly output?: "pipe" | number; readonly graceMs?: number } = {},
): Promise<FrontEnd> {
  const postgres = await withPostgres(t);
  const [pop3Port, httpPort] = [await freePort(), await freePort()];
  const flags = [
    `--postgres-url=${postgres.url}`,
    `--redis-url=${redisUrl}`,
    `--pop3-port=${pop3Port}`,
    `--http-port=${httpPort}`,
    `--data-dir=${temporaryFolder(t)}`,
    `--drain-grace-ms=${graceMs}`,
  ];
  const parameters = ["--conditions=@poplar/source", script, ...flags];
  const child = spawn(process.execPath, parameters, { stdio: ["ignore", output, "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  const said = { out: "", err: "" };
  child.stdout?.on("data", (octets: Buffer) => {
    said.out += octets.toString();
  });
  child.stderr?.on("data", (octets: Buffer) => {
    said.err += octets.toString();
  });
  const isReady = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${httpPort}/health/ready`).then(
      ({ ok: isOk }) => isOk,
      () => false,
    );
  return { child, pop3Port, said, isReady };
}

test("a front end says `ready` when it is, which is when Redis answers; an outage has no stack", async (t) => {
  const redis = await withRedis(t);
  await redis.kill();
  const { child, said, isReady } = await startFrontEnd(t, redis.url);
  await until("it serves HTTP", () => said.out.includes('"listener":"http"'), 60_000);
  match(said.out, /"event":"dependency-down","dependency":"redis"/);
  doesNotMatch(said.out, /"event":"ready"/);
  strictEqual(await isReady(), false);
  await redis.start();
  await until("it says so", () => said.out.includes('"event":"ready"'), 60_000);
  strictEqual(await isReady(), true);

  await redis.kill();
  await until("it sees that Redis is gone again", () => said.out.split('"dependency-down"').length > 2);
  doesNotMatch(said.out, /"stack"/);
  match(said.out, /the connection to Redis is closed|ECONNREFUSED|ECONNRESET/);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  strictEqual((await exited)[0], 0);
});

test("a second signal ends it at once, and one sentence says so", async (t) => {
  const redis = await withRedis(t);
  // So long would balancers be waited for.
  const { child, said, isReady } = await startFrontEnd(t, redis.url, { graceMs: 600_000 });
  await until("it is ready", isReady, 60_000);
  child.kill("SIGTERM");
  await until("readiness fails", async () => !(await isReady()));
  // What comes within a second is the echo of npm.
  await until("it is gone", () => {
    child.kill("SIGTERM");
    return child.exitCode !== null;
  });
  strictEqual(child.exitCode, 1);
  match(said.err, /^poplar pop3: Ended at once, as a second signal asked: .*\n$/);
});

test("a disk without room for the log neither ends it nor keeps it from ending", async (t) => {
  if (!existsSync(toFull)) {
    t.skip(`no ${toFull} on this system`);
    return;
  }
  const redis = await withRedis(t);
  const { child, pop3Port, said, isReady } = await startFrontEnd(t, redis.url, {
    output: openSync(toFull, "w"),
  });
  await until("it is ready", isReady, 60_000);
  {
    using client = await LabClient.connect(pop3Port);
    match(await client.line(), /^\+OK/);
  }
  child.kill("SIGTERM");
  await until("it is gone", () => child.exitCode !== null);
  strictEqual(child.exitCode, 0);
  strictEqual(said.err, "");
});
