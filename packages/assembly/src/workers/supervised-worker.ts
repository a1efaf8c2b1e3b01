import cluster, { type Worker } from "node:cluster";
import type { WorkerNews } from "./worker-link.ts";

/** How a worker ended. */
export interface WorkerEnd {
  /** What it had told by then. */
  readonly news: WorkerNews;
  readonly code: number | null;
  readonly signal: string | null;
}

/** One process of several. */
export class SupervisedWorker {
  /** Resolves when it serves. */
  readonly up: Promise<void>;
  /** Resolves when it is gone, however. */
  readonly ended: Promise<WorkerEnd>;
  readonly startedMs: number = performance.now();
  readonly #worker: Worker;
  #news: WorkerNews = {};

  /** @param environment variables besides those of this process. */
  constructor(environment: Readonly<Record<string, string>>) {
    this.#worker = cluster.fork(environment);
    this.up = new Promise((resolve) => {
      this.#worker.on("message", (news: WorkerNews) => {
        this.#news = { ...this.#news, ...news };
        if (news.isUp === true) resolve();
      });
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once("exit", (code: number | null, signal: string | null) => {
        resolve({ news: this.#news, code, signal });
      });
    });
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  get isUp(): boolean {
    return this.#news.isUp === true && !this.#worker.isDead();
  }

  /** Where it answers, while it is up. */
  get httpUrl(): string | undefined {
    return this.isUp ? this.#news.httpUrl : undefined;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#worker.isDead()) this.#worker.process.kill(name);
  }
}
