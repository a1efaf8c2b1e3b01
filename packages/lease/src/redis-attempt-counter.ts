import type { ConnectionOptions } from "node:tls";
import type { AttemptCounter } from "@poplar/maildrop";
import type { Log } from "@poplar/telemetry";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { connectRedis, type RedisConnection, type RedisTarget } from "./redis-connection.ts";

/** Where attempts are counted. */
export interface RedisAttemptOptions {
  readonly target: RedisTarget;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /** After how long a command counts as failed: what a login waits at most. Default 200. */
  readonly commandTimeoutMs?: number;
  /** In front of every key, for a Redis that several installations share. Default: nothing. */
  readonly keyPrefix?: string;
  /** Hears, once, that nobody counts. */
  readonly log?: Pick<Log, "warn">;
}

/** An `AttemptCounter` of the whole fleet. */
export interface RedisAttemptCounter extends AttemptCounter {
  close(): void;
}

/**
 * Counts in Redis. Does not wait for it: while it is out of reach nothing is counted, and nobody is kept out.
 */
export function createRedisAttemptCounter(options: RedisAttemptOptions): RedisAttemptCounter {
  return new CounterInRedis(options);
}

class CounterInRedis implements RedisAttemptCounter {
  readonly #connection: RedisConnection;
  readonly #options: RedisAttemptOptions;
  /** A limiter has one window for all its keys. */
  readonly #limiters = new Map<number, RateLimiterRedis>();
  #isReached = true;

  constructor(options: RedisAttemptOptions) {
    const { target, tls, commandTimeoutMs = 200 } = options;
    this.#options = options;
    this.#connection = connectRedis(target, { tls, commandTimeoutMs, name: "poplar-attempts" });
    // What a command fails with says enough.
    this.#connection.on("error", () => {});
  }

  async add(key: string, windowSeconds: number): Promise<number> {
    const counted = await this.#ask(async () => this.#limiterOf(windowSeconds).penalty(key, 1));
    return counted?.consumedPoints ?? 0;
  }

  async read(keys: readonly string[]): Promise<readonly number[]> {
    const counts = await this.#ask(async () =>
      Promise.all(keys.map(async (key) => this.#connection.get(this.#keyOf(key)))),
    );
    return keys.map((_, index) => Number(counts?.[index] ?? 0));
  }

  async forget(key: string): Promise<void> {
    await this.#ask(async () => this.#connection.del(this.#keyOf(key)));
  }

  close(): void {
    this.#connection.disconnect();
  }

  get #prefix(): string {
    return `${this.#options.keyPrefix ?? ""}attempts`;
  }

  /** As the limiter makes it. */
  #keyOf(key: string): string {
    return `${this.#prefix}:${key}`;
  }

  #limiterOf(windowSeconds: number): RateLimiterRedis {
    const known = this.#limiters.get(windowSeconds);
    if (known !== undefined) return known;
    const limiter = new RateLimiterRedis({
      storeClient: this.#connection,
      keyPrefix: this.#prefix,
      points: 1,
      duration: windowSeconds,
    });
    this.#limiters.set(windowSeconds, limiter);
    return limiter;
  }

  /** @returns `undefined` when Redis does not answer. */
  async #ask<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      if (this.#connection.status !== "ready" && this.#connection.status !== "connect") {
        throw new Error(`the connection to Redis is ${this.#connection.status}`);
      }
      const answer = await work();
      this.#isReached = true;
      return answer;
    } catch (err) {
      const { log } = this.#options;
      if (this.#isReached)
        log?.warn({ event: "attempts-not-counted", err }, "attempts to log in are not counted");
      this.#isReached = false;
      return undefined;
    }
  }
}
