import type { ConnectionOptions } from "node:tls";
import type { Fault } from "@poplar/protocol";
import { Availability } from "./availability.ts";
import { RedisAwayError } from "./foreseen.ts";
import { connectRedis, type RedisTarget } from "./redis-connection.ts";

/** Where the claims are kept. */
export interface RedisReplayOptions {
  readonly target: RedisTarget;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /** After how long a command counts as failed: what a login waits at most. Default 800. */
  readonly commandTimeoutMs?: number;
  /** In front of every key, for a Redis that several installations share. Default: nothing. */
  readonly keyPrefix?: string;
}

/**
 * Proofs that are good for one login over the whole fleet, in Redis: what a `ReplayStore` of `kerberos` is.
 */
export interface RedisReplayStore {
  /**
   * Claims a proof for the one login that it is good for.
   *
   * @param hash names it, in hexadecimal.
   * @returns `true` for the first claim, `false` for any later one within the time; `lease-store-down` when
   *   it is not known, and then nobody is to be let in: the claim may have been made.
   */
  claim(hash: string, ttlSeconds: number): Promise<boolean | Fault>;
  close(): void;
}

/** Connects to Redis. Resolves when it is known whether Redis answers; recovers by itself. */
export async function createRedisReplayStore(options: RedisReplayOptions): Promise<RedisReplayStore> {
  const { target, tls, commandTimeoutMs = 800, keyPrefix = "" } = options;
  const connection = connectRedis(target, { tls, commandTimeoutMs, name: "poplar-replay" });
  // The lease store tells the operator how Redis is.
  const availability = new Availability("redis", undefined);
  connection.on("ready", () => availability.answered());
  connection.on("error", (cause: unknown) => availability.lost(cause));
  connection.on("close", () => availability.lost(new RedisAwayError("the connection to Redis is closed")));
  await availability.known;
  return {
    claim: async (hash, ttlSeconds) => {
      if (connection.status !== "ready") return availability.fault();
      try {
        const key = `${keyPrefix}replay:{${hash}}`;
        return (await connection.set(key, "", "PX", ttlSeconds * 1000, "NX")) === "OK";
      } catch (cause) {
        return availability.lost(cause);
      }
    },
    close: () => {
      availability.stop();
      connection.disconnect();
    },
  };
}
