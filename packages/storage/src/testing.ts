import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTelemetry, type Log, type ServiceEvents } from "@poplar/telemetry";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";
import { migrate } from "./migrate.ts";

/** A database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  /** Runs one statement as its owner. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

/** Where a test says what to do at its end; `node:test` has one. */
export interface TestScope {
  after(done: () => Promise<void> | void): void;
}

let server: Promise<string> | undefined;

/**
 * A fresh database with the schema, on the Postgres of `POPLAR_TEST_POSTGRES_URL`, else on one that this
 * process starts once and takes down with itself.
 */
export async function withPostgres(t: TestScope): Promise<TestDatabase> {
  // oxlint-disable-next-line node/no-process-env -- only tests come here
  const given = process.env["POPLAR_TEST_POSTGRES_URL"];
  server ??= given === undefined ? startDisposable() : Promise.resolve(given);
  const url = new URL((await server).replace("@/", "@localhost/"));
  const admin = url.href;
  const name = `poplar_test_${randomBytes(6).toString("hex")}`;
  await once(admin, `create database ${name}`);
  url.pathname = `/${name}`;
  await migrate(url.href);
  // One that goes down with us is not tidied up: what a test has open is then not cut before it is closed.
  if (given !== undefined)
    t.after(async () => void (await once(admin, `drop database ${name} with (force)`)));
  return {
    url: url.href,
    query: async (text, values) => once(url.href, text, values),
  };
}

/** A log that says nothing. */
export const silentLog: Log = createTelemetry({ level: "silent", isPretty: false, serviceName: "test" }).log;

/** Starts a Postgres of the test's own, which it may kill; its folder is removed at the end. */
export async function withEmbeddedPostgres(t: TestScope): Promise<EmbeddedPostgres & { dataDir: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), "poplar-test-"));
  const postgres = await startEmbeddedPostgres(dataDir, silentLog);
  takeDownWithUs(dataDir);
  t.after(async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { ...postgres, dataDir };
}

async function startDisposable(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "poplar-test-"));
  const postgres = await startEmbeddedPostgres(dataDir, silentLog, { settings: ["fsync=off"] });
  takeDownWithUs(dataDir);
  return postgres.url;
}

/** However this process ends, its end of the pipe closes then, and the shell at the other end cleans up. */
function takeDownWithUs(dataDir: string): void {
  const script = `cat; pid=$(head -n 1 "$1/cluster/postmaster.pid")
    while kill -QUIT "$pid"; do sleep 0.1; done; rm -rf "$1"`;
  const shell = spawn("/bin/sh", ["-c", script, "sh", dataDir], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.unref();
  // The pipe is a socket; it alone must not keep the test running.
  if (shell.stdin instanceof Socket) shell.stdin.unref();
}

async function once(
  url: string,
  text: string,
  values?: readonly unknown[],
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(text, values === undefined ? [] : [...values]);
    return result.rows;
  } finally {
    await client.end();
  }
}

/** Events that nobody hears. */
export const deafEvents: Pick<ServiceEvents, "dependencyDown" | "dependencyUp"> = {
  dependencyDown: () => {},
  dependencyUp: () => {},
};
