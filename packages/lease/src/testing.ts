import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** A Redis of a test's own, on a port of its own, that forgets everything when it stops. */
export interface DisposableRedis {
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
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
  const redis = new RedisProcess(await freePort(), settings);
  scope.after(async () => redis.kill());
  await redis.start();
  return redis;
}

class RedisProcess implements DisposableRedis {
  readonly url: string;
  readonly port: number;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#settings = settings;
  }

  async start(): Promise<void> {
    const place = ["--port", String(this.port), "--bind", "127.0.0.1"];
    const forgetful = ["--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", [...place, ...forgetful, ...this.#settings], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: "/tmp",
    });
    this.#process = child;
    await once(child, "spawn");
    const output: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      output.push(line);
      if (line.includes("Ready to accept connections")) break;
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

/** A port that nobody listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port to be had");
  return address.port;
}
