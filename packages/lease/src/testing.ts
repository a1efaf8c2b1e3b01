import { type ChildProcess, spawn } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Holder, Lease, MaildropId } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import { freePort } from "@poplar/testkit";

/** A Redis of a test's own, on a port of its own, that forgets everything when it stops. */
export interface DisposableRedis {
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** Of its process; `undefined` while it does not run. */
  readonly pid: number | undefined;
  /** Kills it without a warning. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Stops it in its tracks: connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
}

/** Where a disposable thing is got rid of; a test context is one. */
export interface Scope {
  after(callback: () => Promise<void>): void;
}

/**
 * Starts a `redis-server` that lives as long as the test.
 *
 * @param settings more settings as on its command line, e.g. `["--cluster-enabled", "yes"]`.
 * @throws Error when the program is missing or does not start.
 */
export async function withRedis(scope: Scope, settings: readonly string[] = []): Promise<DisposableRedis> {
  const port = await freePort();
  const directory = await temporaryDirectory(scope);
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  const redis = new RedisProcess(port, [...place, "--save", "", "--appendonly", "no", ...settings]);
  scope.after(async () => redis.kill());
  await redis.start();
  return redis;
}

/**
 * Starts a Sentinel that watches `master` as the group `mymaster` and lets a replica take over within a
 * second.
 */
export async function withSentinel(scope: Scope, master: DisposableRedis): Promise<DisposableRedis> {
  const port = await freePort();
  const configuration = join(await temporaryDirectory(scope), "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
    "sentinel down-after-milliseconds mymaster 300",
    "sentinel failover-timeout mymaster 2000",
  ];
  await writeFile(configuration, `${lines.join("\n")}\n`);
  const sentinel = new RedisProcess(port, [configuration, "--sentinel"]);
  scope.after(async () => sentinel.kill());
  await sentinel.start();
  return sentinel;
}

class RedisProcess implements DisposableRedis {
  readonly url: string;
  readonly port: number;
  readonly #arguments: readonly string[];
  #process: ChildProcess | undefined;

  constructor(port: number, commandLine: readonly string[]) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#arguments = commandLine;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    const child = spawn("redis-server", this.#arguments, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    await once(child, "spawn");
    const output: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      output.push(line);
      if (/Ready to accept connections|Sentinel ID is/.test(line)) break;
    }
    if (child.exitCode !== null) throw new Error(`redis-server does not start:\n${output.join("\n")}`);
    child.stdout.resume();
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }
}

async function temporaryDirectory(scope: Scope): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "poplar-redis-"));
  scope.after(async () => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Some session. */
export const someHolder = (): Holder => ({
  sessionId: randomUUID(),
  login: "alice@example.test",
  address: "192.0.2.1",
});

/** Identifies a maildrop that no other test uses. */
export const someMaildrop = (): MaildropId => randomInt(2 ** 40);

/** @throws Error when it is a fault. */
export function granted(outcome: Lease | Fault): Lease {
  if (isFault(outcome)) throw new Error(`no lease: ${outcome.fault}`, { cause: outcome });
  return outcome;
}
