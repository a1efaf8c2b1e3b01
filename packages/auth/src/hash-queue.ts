/**
 * Lets only so many hashes run at once, and only so many wait: each takes a core for tens of milliseconds and
 * megabytes of memory, and strangers decide how many are asked for.
 */
export class HashQueue {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: { readonly runningMax: number; readonly waitingMax: number }) {
    this.#runningMax = limits.runningMax;
    this.#waitingMax = limits.waitingMax;
  }

  /** Runs the work when its turn comes, in order. @returns `busy` at once when too many wait. */
  async run<T>(work: () => Promise<T>): Promise<T | "busy"> {
    if (this.#running < this.#runningMax) this.#running += 1;
    else if (this.#waiting.length >= this.#waitingMax) return "busy";
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place passes on to the next in line, or is given up.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
