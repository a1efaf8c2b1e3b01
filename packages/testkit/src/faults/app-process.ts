import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** How a program is started, each time the same. */
export interface AppCommand {
  /** For messages, e.g. `pop3-2`. */
  readonly name: string;
  /** A JavaScript or TypeScript file, run by this process's Node. */
  readonly script: string;
  readonly parameters: readonly string[];
  /** In addition to ours, e.g. to load libfaketime. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs Node in its turn, e.g. `["prlimit", "--nofile=400"]`. */
  readonly launcher?: readonly string[];
  /** Answers 200 as soon as the program serves. */
  readonly readyUrl: string;
}

/** What of its output is kept for messages about a failure. */
const outputCharactersMax = 64_000;

/** A start that takes longer has failed. */
const readyMsMax = 90_000;

/**
 * A program of ours in a process of its own, which tests pause, kill and start again. Signals go to its own
 * id only.
 */
export class AppProcess implements AsyncDisposable {
  readonly #command: AppCommand;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(command: AppCommand) {
    this.#command = command;
  }

  get name(): string {
    return this.#command.name;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Of the process that runs, or that ran last. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The end of what it wrote. */
  get output(): string {
    return this.#output;
  }

  /** Starts it, and waits until it serves. @throws Error with its output when it does not. */
  async start(): Promise<void> {
    this.launch();
    await this.untilReady();
  }

  /** Starts it. */
  launch(): void {
    if (this.isRunning) throw new Error(`${this.name} is running`);
    const { script, parameters, env, launcher = [] } = this.#command;
    const words = [...launcher, process.execPath, "--conditions=@poplar/source", script, ...parameters];
    const [program = "", ...rest] = words;
    const child = spawn(program, rest, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-outputCharactersMax);
      });
    }
    this.#child = child;
  }

  /** Waits until it serves. @throws Error with its output when it ends instead, or takes too long. */
  async untilReady(): Promise<void> {
    const giveUp = AbortSignal.timeout(readyMsMax);
    while (!(await this.#isReady())) {
      if (!this.isRunning || giveUp.aborted) throw new Error(`${this.name} is not ready:\n${this.#output}`);
      await delay(50);
    }
  }

  /** Stops it in its tracks: its connections stay open, and nothing answers. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Kills it without a warning. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to end, as supervisors do. @returns its exit code, or `null` when a signal ended it. */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  async #isReady(): Promise<boolean> {
    try {
      const answer = await fetch(this.#command.readyUrl, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }
}
