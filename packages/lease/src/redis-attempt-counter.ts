import type { ConnectionOptions } from "node:tls";
import type { AttemptCounter } from "@poplar/maildrop";
import type { Log } from "@poplar/telemetry";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { COUNTED_KEYS_MAX, CountedKeys } from "./counted-keys.ts";
import { foreseen, RedisAwayError } from "./foreseen.ts";
import { MarkBatches, markOf } from "./mark-batches.ts";
import { connectRedis, type RedisConnection, type RedisTarget } from "./redis-connection.ts";

/** Where attempts are counted. */
export interface RedisAttemptOptions {
  readonly target: RedisTarget;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /** After how long a command counts as failed: what a login waits at most. Default 200. */
  readonly commandTimeoutMs?: number;
  /** In front of every key and channel, for a Redis that several installations share. Default: nothing. */
  readonly keyPrefix?: string;
  /** Hears, once, that nobody counts. */
  readonly log?: Pick<Log, "warn">;
}

/** An `AttemptCounter` of the whole fleet. */
export interface RedisAttemptCounter extends AttemptCounter {
  /** Nothing is asked for that nobody has counted; `false` while this node may have missed a word. */
  readonly hearsAll: boolean;
  close(): void;
}

/**
 * Counts in Redis. Does not wait for it: while it is out of reach nothing is counted, and nobody is kept out.
 *
 * Every node hears what any of them begins to count, so that a login against which nothing stands, which is
 * nearly every one, costs no question.
 */
export function createRedisAttemptCounter(options: RedisAttemptOptions): RedisAttemptCounter {
  return new CounterInRedis(options);
}

/** Some 100 octets each. */
const MARKS_MAX = 1_000_000;

/** How long a node may believe that it hears all when its line is dead. */
const MAKE_SURE_MS = 5000;

class CounterInRedis implements RedisAttemptCounter {
  readonly #connection: RedisConnection;
  readonly #options: RedisAttemptOptions;
  /** A limiter has one window for all its keys. */
  readonly #limiters = new Map<number, RateLimiterRedis>();
  readonly #counted = new CountedKeys(() => performance.now());
  readonly #marks: MarkBatches;
  readonly #countedKey: string;
  readonly #marksKey: string;
  readonly #timer: NodeJS.Timeout;
  #isReached = true;

  constructor(options: RedisAttemptOptions) {
    const { target, tls, commandTimeoutMs = 200, keyPrefix = "" } = options;
    this.#options = options;
    this.#countedKey = `${keyPrefix}attempts-counted`;
    this.#marksKey = `${keyPrefix}attempts-known`;
    this.#connection = connectRedis(target, { tls, commandTimeoutMs, name: "poplar-attempts" });
    this.#marks = new MarkBatches(async (seconds, marks) =>
      this.#ask(async () => this.#connection.rememberMarks(this.#marksKey, seconds, MARKS_MAX, ...marks)),
    );
    this.#timer = setInterval(() => void this.#makeSure(), MAKE_SURE_MS).unref();
    this.#listen();
  }

  get hearsAll(): boolean {
    return this.#counted.isComplete;
  }

  async add(key: string, windowSeconds: number): Promise<number> {
    const isNews = !this.#counted.isComplete || !this.#counted.has(key);
    const windowMs = windowSeconds * 1000;
    const [counted] = await Promise.all([
      this.#ask(async () => this.#limiterOf(windowSeconds).penalty(key, 1)),
      isNews ? this.#tell(key, windowMs) : undefined,
    ]);
    // Its window may have begun anew a moment ago, when its end here was still to come.
    if (counted?.consumedPoints === 1 && !isNews) await this.#tell(key, windowMs);
    return counted?.consumedPoints ?? 0;
  }

  async read(keys: readonly string[]): Promise<readonly number[]> {
    const asked = keys.filter((key) => this.#counted.has(key));
    if (asked.length === 0) return keys.map(() => 0);
    const counts = await this.#ask(async () =>
      Promise.all(asked.map(async (key) => this.#connection.get(this.#keyOf(key)))),
    );
    return keys.map((key) => Number(counts?.[asked.indexOf(key)] ?? 0));
  }

  async forget(key: string): Promise<void> {
    if (this.#counted.has(key)) await this.#ask(async () => this.#connection.del(this.#keyOf(key)));
  }

  mark(key: string, seconds: number): void {
    this.#marks.add(key, seconds);
  }

  async isMarked(key: string): Promise<boolean> {
    if (this.#marks.has(key)) return true;
    const until = await this.#ask(async () => this.#connection.zscore(this.#marksKey, markOf(key)));
    return Number(until ?? 0) * 1000 > Date.now();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#marks.flush();
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

  /** Tells all nodes, this one at once. */
  async #tell(key: string, windowMs: number): Promise<void> {
    this.#counted.add(key, windowMs);
    await this.#ask(async () =>
      this.#connection.countAttempts(this.#countedKey, key, windowMs, COUNTED_KEYS_MAX, this.#countedKey),
    );
  }

  #listen(): void {
    // What a command fails with says enough.
    this.#connection.on("error", () => {});
    this.#connection.on("ready", () => void this.#catchUp());
    this.#connection.on("close", () => this.#counted.interrupt());
    this.#connection.on("message", (_channel: string, word: string) => {
      const space = word.indexOf(" ");
      this.#counted.add(word.slice(space + 1), Number(word.slice(0, space)));
    });
  }

  async #makeSure(): Promise<void> {
    if (!this.#counted.isComplete) await this.#catchUp();
    else if ((await this.#ask(async () => this.#connection.ping())) === undefined) this.#counted.interrupt();
  }

  /** First listens, then asks what was counted before. */
  async #catchUp(): Promise<void> {
    await this.#ask(async () => {
      await this.#connection.subscribe(this.#countedKey);
      const counted = await this.#connection.countedAttempts(this.#countedKey);
      for (let at = 0; at + 1 < counted.length; at += 2) {
        this.#counted.add(counted[at] ?? "", Number(counted[at + 1]));
      }
      if (counted.length / 2 < COUNTED_KEYS_MAX) this.#counted.complete();
    });
  }

  /** @returns `undefined` when Redis does not answer. */
  async #ask<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      if (this.#connection.status !== "ready" && this.#connection.status !== "connect") {
        throw new RedisAwayError(`the connection to Redis is ${this.#connection.status}`);
      }
      const answer = await work();
      this.#isReached = true;
      return answer;
    } catch (err) {
      const { log } = this.#options;
      if (this.#isReached)
        log?.warn(
          { event: "attempts-not-counted", err: foreseen(err) },
          "attempts to log in are not counted",
        );
      this.#isReached = false;
      return undefined;
    }
  }
}
