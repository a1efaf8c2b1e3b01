import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { asPostgres } from "../fixtures/system-postgres.ts";

/** What of its output is kept for messages about a failure. */
const outputCharactersMax = 64_000;

/** A program of the system that a test starts, kills and starts again. Signals go to its own id only. */
export class Daemon implements AsyncDisposable {
  readonly #command: readonly [program: string, parameters: readonly string[]];
  #child: ChildProcess | undefined;
  #output = "";

  /** @param account who runs it; Postgres refuses to run as root, and what starts Postgres does, too. */
  constructor(program: string, parameters: readonly string[], account: "ours" | "postgres" = "ours") {
    this.#command = account === "ours" ? [program, parameters] : asPostgres(program, parameters);
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The end of what it wrote. */
  get output(): string {
    return this.#output;
  }

  start(): void {
    if (this.isRunning) throw new Error(`${this.#command[0]} is running`);
    const [program, parameters] = this.#command;
    const child = spawn(program, parameters, { cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
    child.on("error", (error) => (this.#output += `${error.message}: npm run test:failover installs it\n`));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-outputCharactersMax);
      });
    }
    this.#child = child;
  }

  async kill(): Promise<void> {
    if (this.#child === undefined || !this.isRunning || this.#child.pid === undefined) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** The processes that a process has started, and those that they have. */
export function descendantsOf(pid: number): readonly number[] {
  let children: string;
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    return []; // It has ended.
  }
  const own = [...children.matchAll(/\d+/g)].map(([word]) => Number(word));
  return own.concat(own.flatMap(descendantsOf));
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Sends a signal to a process that may have ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (err) {
    if (!(err instanceof Error && "code" in err && err.code === "ESRCH")) throw err;
  }
}
