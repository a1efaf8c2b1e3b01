import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { until } from "@poplar/testkit";
import { type Fleet, type FrontEnd, PASSWORD, startFleet } from "./fleet.ts";
import { PopClient } from "./pop-client.ts";

/** Far longer than the tests take: what is free again was released. */
const heartbeatTtlMs = 120_000;

let fleet: Fleet;
let name: string;

before(async () => {
  const flagsOf = () => ["--workers=2", "--drain-grace-ms=1000"];
  fleet = await startFleet({ pop3: 1, lmtp: 1, heartbeatTtlMs, flagsOf });
  [name = ""] = await fleet.addLogins(1);
  await until("two workers are up", async () => (await workersUp()) === 2);
});

after(async () => fleet[Symbol.asyncDispose]());

function frontEnd(): FrontEnd {
  const [found] = fleet.pop3;
  assert(found !== undefined);
  return found;
}

async function ask(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${frontEnd().healthPort}${path}`);
  return { status: response.status, text: await response.text() };
}

async function workersUp(): Promise<number> {
  return Number(/^poplar_workers_up (\d+)$/m.exec((await ask("/metrics")).text)?.[1]);
}

/** Processes that the front end has started. */
async function workerPids(): Promise<readonly number[]> {
  const { pid } = frontEnd().app;
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").map(Number);
}

async function opened(): Promise<PopClient> {
  const client = await PopClient.connect(frontEnd().port);
  assert.match(await client.logIn(name, PASSWORD), /^\+OK/);
  return client;
}

test("two workers serve one port, and one health port says how both are", async () => {
  const { status, text } = await ask("/health/ready");
  assert.equal(status, 200);
  assert.match(text, /"workers":\{"up":2,"of":2\}/);
  const metrics = (await ask("/metrics")).text;
  for (const worker of [1, 2]) {
    assert.match(metrics, new RegExp(`^poplar_build_info\\{worker="${worker}",service="pop3"`, "m"));
  }
  assert.equal(metrics.match(/^# TYPE poplar_build_info /gm)?.length, 1);
  assert.equal((await ask("/nowhere")).status, 404);
});

test("a maildrop opens once, whichever worker takes the second client (RFC 1939 §4)", async () => {
  using first = await opened();
  for (const _ of Array.from({ length: 6 })) {
    using second = await PopClient.connect(frontEnd().port);
    assert.match(await second.logIn(name, PASSWORD), /^-ERR \[IN-USE\]/);
  }
  assert.match(await first.ask("QUIT"), /^\+OK/);
});

test("workers that are killed are replaced; their maildrops are free at once, their clients not deceived", async () => {
  using lost = await opened();
  const pids = await workerPids();
  assert.equal(pids.length, 2);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await assert.rejects(lost.ask("QUIT"));
  await until(
    "a worker in the place of the lost one",
    async () => (await workersUp()) === 2 && (await ask("/health/ready")).status === 200,
  );
  using next = await opened();
  assert.match(await next.ask("QUIT"), /^\+OK/);
  assert.match((await ask("/metrics")).text, /^poplar_worker_restarts_total 2$/m);
  assert(frontEnd().app.isRunning);
});

test("SIGTERM fails readiness first, while clients are still served; open sessions finish, and all processes end", async () => {
  using open = await opened();
  const pids = await workerPids();
  const stopped = frontEnd().app.stop();
  await until("no longer ready", async () => (await ask("/health/ready")).status === 503);
  using late = await PopClient.connect(frontEnd().port);
  assert.match(await late.ask("QUIT"), /^\+OK/);
  assert.match(await open.ask("NOOP"), /^\+OK/);
  assert.match(await open.ask("QUIT"), /^\+OK/);
  assert.equal(await stopped, 0);
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});
