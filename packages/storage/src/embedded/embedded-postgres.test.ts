import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "@poplar/testkit";
import pg from "pg";
import { silentLog, type TestScope } from "../testing.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import {
  type EmbeddedPostgres,
  embeddedPostgresUrl,
  startEmbeddedPostgres,
} from "./start-embedded-postgres.ts";

const isRoot = process.getuid?.() === 0;
const program = fileURLToPath(new URL("./test-fixture.ts", import.meta.url));

/** What runs in a test's folders, in the order in which it started. */
const running = new WeakMap<TestScope, { stop(): Promise<void> }[]>();

/** A folder that other accounts can reach; it is removed when what runs in it has been stopped. */
async function folder(t: TestScope): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "poplar-embedded-"));
  await chmod(made, 0o755);
  t.after(async () => {
    for (const each of running.get(t) ?? []) await each.stop();
    await rm(made, { recursive: true, force: true });
  });
  return made;
}

/** Starts one that is stopped at the end of the test. */
async function start(t: TestScope, dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(dataDir, silentLog);
  running.set(t, [...(running.get(t) ?? []), postgres]);
  return postgres;
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const refusedWith = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof EmbeddedPostgresError && error.code === code && text.test(error.message);

interface Program {
  readonly child: ChildProcess;
  readonly url: string;
  readonly pid: number;
}

/** Runs Poplar's part in a process of its own, which can be killed. */
async function startProgram(dataDir: string, uid?: number): Promise<Program> {
  const child = spawn(process.execPath, ["--conditions=@poplar/source", program, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: "/",
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const lines = createInterface({ input: child.stdout });
  const line = String((await once(lines, "line")).at(0));
  const said: unknown = JSON.parse(line);
  assert.ok(typeof said === "object" && said !== null && "url" in said && "pid" in said, line);
  return { child, url: String(said.url), pid: Number(said.pid) };
}

async function end({ child }: Program, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

test("the first start makes a database, the second finds it, which is quicker", async (t) => {
  const dataDir = join(await folder(t), "data");
  assert.equal(await embeddedPostgresUrl(dataDir), undefined);
  const began = performance.now();
  const first = await start(t, dataDir);
  const firstMs = performance.now() - began;
  await query(first.url, "create table kept as select 42 as it");
  assert.deepEqual(await query(first.url, "show fsync"), [{ fsync: "on" }]);
  assert.equal(await embeddedPostgresUrl(dataDir), first.url);
  await first.stop();
  await first.stop();
  const beganAgain = performance.now();
  const second = await start(t, dataDir);
  assert.ok(performance.now() - beganAgain < firstMs);
  assert.deepEqual(await query(second.url, "select it from kept"), [{ it: 42 }]);
  await second.stop();
  await assert.rejects(query(second.url, "select 1"));
});

test("a data folder with a long name works: the socket lies elsewhere", async (t) => {
  const dataDir = join(await folder(t), "a".repeat(60), "b".repeat(60));
  const postgres = await start(t, dataDir);
  t.after(async () => {
    await postgres.stop();
    const socketDir = new URL(postgres.url.replace("@/", "@localhost/")).searchParams.get("host");
    assert.ok(socketDir !== null && !socketDir.startsWith(dataDir));
    await rm(socketDir, { recursive: true });
  });
  assert.deepEqual(await query(postgres.url, "select 1 as one"), [{ one: 1 }]);
});

test("a server that outlived its Poplar is taken over, not started twice", async (t) => {
  const dataDir = join(await folder(t), "data");
  const killed = await startProgram(dataDir);
  await query(killed.url, "create table kept as select 42 as it");
  await end(killed, "SIGKILL");
  const postgres = await start(t, dataDir);
  assert.equal(postgres.pid(), killed.pid);
  assert.deepEqual(await query(postgres.url, "select it from kept"), [{ it: 42 }]);
  await postgres.stop();
  assert.throws(() => process.kill(killed.pid, 0));
});

test("a server that is killed is started again", async (t) => {
  const dataDir = join(await folder(t), "data");
  const postgres = await start(t, dataDir);
  await query(postgres.url, "create table kept as select 42 as it");
  const before = postgres.pid();
  process.kill(before, "SIGKILL");
  const kept = (): Promise<readonly unknown[]> => query(postgres.url, "select it from kept").catch(() => []);
  await until("Postgres is back", async () => (await kept()).length > 0);
  assert.notEqual(postgres.pid(), before);
});

test("both killed: the next start finds all that was committed", async (t) => {
  const dataDir = join(await folder(t), "data");
  const killed = await startProgram(dataDir);
  await query(killed.url, "create table kept as select 42 as it");
  await end(killed, "SIGKILL");
  process.kill(killed.pid, "SIGKILL");
  const postgres = await start(t, dataDir);
  assert.deepEqual(await query(postgres.url, "select it from kept"), [{ it: 42 }]);
});

test("a lock file that names a process which is no Postgres, as after a container's restart, is no hindrance", async (t) => {
  const dataDir = join(await folder(t), "data");
  const first = await start(t, dataDir);
  const lockFile = join(dataDir, "cluster", "postmaster.pid");
  const lock = await readFile(lockFile, "utf8");
  await first.stop();
  await writeFile(lockFile, lock.replace(/^\d+/, String(process.pid)));
  const second = await start(t, dataDir);
  await second.stop();
});

test("a folder that another Poplar uses is refused, by name of the process", async (t) => {
  const dataDir = join(await folder(t), "data");
  const other = await startProgram(dataDir);
  const isInUse = refusedWith("folder-in-use", new RegExp(`in use by process ${other.child.pid}`));
  await assert.rejects(startEmbeddedPostgres(dataDir, silentLog), isInUse);
  assert.deepEqual(await query(other.url, "select 1 as one"), [{ one: 1 }], "and the other is unharmed");
  await end(other, "SIGTERM");
  const postgres = await start(t, dataDir);
  await postgres.stop();
});

test("a start that was cut off while the database was made begins anew", async (t) => {
  const dataDir = join(await folder(t), "data");
  await mkdir(join(dataDir, "cluster.new", "base"), { recursive: true });
  await writeFile(join(dataDir, "password"), "half");
  const postgres = await start(t, dataDir);
  await postgres.stop();
  assert.ok(!(await readdir(dataDir)).includes("cluster.new"));
});

test("a database of another major version is refused", async (t) => {
  const dataDir = join(await folder(t), "data");
  await mkdir(join(dataDir, "cluster"), { recursive: true });
  await writeFile(join(dataDir, "cluster", "PG_VERSION"), "9\n");
  const isTooOld = refusedWith("wrong-version", /made by Postgres 9, but this is Postgres 18/);
  await assert.rejects(startEmbeddedPostgres(dataDir, silentLog), isTooOld);
});

test("a data folder that cannot be made is refused in one sentence", async (t) => {
  const parent = await folder(t);
  await writeFile(join(parent, "file"), "");
  const attempt = startEmbeddedPostgres(join(parent, "file", "data"), silentLog);
  await assert.rejects(
    attempt,
    refusedWith("folder-unreachable", /^the data folder \S+ cannot be written: /),
  );
});

test("as root: a folder behind a closed one is refused, and the closed one named", async (t) => {
  assert.ok(isRoot, "this test needs root");
  const parent = await folder(t);
  await chmod(parent, 0o700);
  const attempt = startEmbeddedPostgres(join(parent, "data"), silentLog);
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof EmbeddedPostgresError && error.code === "folder-unreachable");
    return error.message.includes(`${parent} is closed to it`);
  });
});

test("an ordinary user runs it under its own account", async (t) => {
  assert.ok(isRoot, "this test needs root, to become somebody else");
  const nobody = 65_534;
  const parent = await folder(t);
  await chown(parent, nobody, nobody);
  const ordinary = await startProgram(join(parent, "data"), nobody);
  assert.deepEqual(await query(ordinary.url, "select 1 as one"), [{ one: 1 }]);
  const status = await readFile(`/proc/${ordinary.pid}/status`, "utf8");
  assert.match(status, /^Uid:\s+65534\s/m);
  await end(ordinary, "SIGTERM");
  assert.throws(() => process.kill(ordinary.pid, 0));
});
