import type { ConnectionOptions } from "node:tls";
import type { RequestCounter } from "@poplar/maildrop";
import type { Log } from "@poplar/telemetry";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { foreseen } from "./foreseen.ts";
import { connectRedis, type RedisTarget } from "./redis-connection.ts";

/** Where requests are counted. */
export interface RedisRequestOptions {
  readonly target: RedisTarget;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /** After how long a command counts as failed: what a request waits at most. Default 200. */
  readonly commandTimeoutMs?: number;
  /** In front of every key, for a Redis that several installations share. Default: nothing. */
  readonly keyPrefix?: string;
  /** Hears, once, that nobody counts. */
  readonly log?: Pick<Log, "warn">;
}

/** A `RequestCounter` of the whole fleet. */
export interface RedisRequestCounter extends RequestCounter {
  close(): void;
}

/** Counts in Redis, one command for each request. Does not wait for it while it is out of reach. */
export function createRedisRequestCounter(options: RedisRequestOptions): RedisRequestCounter {
  const { target, tls, commandTimeoutMs = 200, keyPrefix = "", log } = options;
  const connection = connectRedis(target, { tls, commandTimeoutMs, name: "poplar-requests" });
  // What a command fails with says enough.
  connection.on("error", () => {});
  /** A limiter has one window for all its keys. */
  const limiters = new Map<number, RateLimiterRedis>();
  const limiterOf = (duration: number): RateLimiterRedis => {
    const limiter =
      limiters.get(duration) ??
      new RateLimiterRedis({
        storeClient: connection,
        keyPrefix: `${keyPrefix}requests`,
        points: 1,
        duration,
      });
    limiters.set(duration, limiter);
    return limiter;
  };
  let isReached = true;
  return {
    async count(key, windowSeconds) {
      try {
        const counted = await limiterOf(windowSeconds).penalty(key, 1);
        isReached = true;
        return { requests: counted.consumedPoints, endsInMs: counted.msBeforeNext };
      } catch (err) {
        const why = "requests are limited in each process by itself, for Redis does not answer";
        if (isReached) log?.warn({ event: "requests-not-counted", err: foreseen(err) }, why);
        isReached = false;
        return undefined;
      }
    },
    close: () => connection.disconnect(),
  };
}
