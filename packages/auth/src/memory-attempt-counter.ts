import type { AttemptCounter } from "@poplar/maildrop";
import { RateLimiterMemory } from "rate-limiter-flexible";

/** Strangers choose the keys: so many are kept, and the oldest are forgotten first. */
const KEYS_MAX = 100_000;

/** A timer of Node holds no more. */
const WINDOW_SECONDS_MAX = Math.floor((2 ** 31 - 1) / 1000);

/** Counts for one process that is all there is. */
export function createMemoryAttemptCounter(keysMax: number = KEYS_MAX): AttemptCounter {
  return new MemoryAttemptCounter(keysMax);
}

class MemoryAttemptCounter implements AttemptCounter {
  readonly #keysMax: number;
  /** A limiter has one window for all its keys. */
  readonly #limiters = new Map<number, RateLimiterMemory>();
  /** The window of each key, the oldest first. */
  readonly #windows = new Map<string, number>();
  /** When each mark ends, in milliseconds; the oldest first. */
  readonly #marks = new Map<string, number>();

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  async add(key: string, windowSeconds: number): Promise<number> {
    this.#windows.set(key, windowSeconds);
    if (this.#windows.size > this.#keysMax) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) await this.forget(oldest);
    }
    return (await this.#limiterOf(windowSeconds).penalty(key, 1)).consumedPoints;
  }

  async read(keys: readonly string[]): Promise<readonly number[]> {
    return Promise.all(
      keys.map(async (key) => {
        const windowSeconds = this.#windows.get(key);
        if (windowSeconds === undefined) return 0;
        const counted = await this.#limiterOf(windowSeconds).get(key);
        if (counted === null) this.#windows.delete(key);
        return counted?.consumedPoints ?? 0;
      }),
    );
  }

  async forget(key: string): Promise<void> {
    const windowSeconds = this.#windows.get(key);
    this.#windows.delete(key);
    if (windowSeconds !== undefined) await this.#limiterOf(windowSeconds).delete(key);
  }

  mark(key: string, seconds: number): void {
    this.#marks.delete(key);
    this.#marks.set(key, Date.now() + seconds * 1000);
    if (this.#marks.size <= this.#keysMax) return;
    const [oldest] = this.#marks.keys();
    if (oldest !== undefined) this.#marks.delete(oldest);
  }

  async isMarked(key: string): Promise<boolean> {
    return (this.#marks.get(key) ?? 0) > Date.now();
  }

  #limiterOf(window: number): RateLimiterMemory {
    const windowSeconds = Math.min(window, WINDOW_SECONDS_MAX);
    const known = this.#limiters.get(windowSeconds);
    if (known !== undefined) return known;
    const limiter = new RateLimiterMemory({ points: 1, duration: windowSeconds });
    this.#limiters.set(windowSeconds, limiter);
    return limiter;
  }
}
