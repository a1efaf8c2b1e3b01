import type { ConnectionOptions } from "node:tls";
import type { LoginPacer } from "@poplar/maildrop";
import { connectRedis, type RedisTarget } from "./redis-connection.ts";

/** Where the buckets are. */
export interface RedisPacerOptions {
  readonly target: RedisTarget;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /** After how long a command counts as failed: what a login waits at most. Default 500. */
  readonly commandTimeoutMs?: number;
  /** In front of every key, for a Redis that several installations share. Default: nothing. */
  readonly keyPrefix?: string;
}

/** A `LoginPacer` of the whole fleet. */
export interface RedisLoginPacer extends LoginPacer {
  close(): void;
}

/**
 * Spaces logins over the fleet: a bucket of one token is a key that stands while the bucket is empty. Does
 * not wait for Redis: while it is out of reach nobody is kept out.
 */
export function createRedisLoginPacer(options: RedisPacerOptions): RedisLoginPacer {
  const { target, tls, commandTimeoutMs = 500, keyPrefix = "" } = options;
  const connection = connectRedis(target, { tls, commandTimeoutMs, name: "poplar-pacer" });
  // What a command fails with says enough.
  connection.on("error", () => {});
  const keyOf = (login: string): string => `${keyPrefix}pace:{${login}}`;
  return {
    take: async (login, delaySeconds) => {
      try {
        return (await connection.set(keyOf(login), "", "PX", delaySeconds * 1000, "NX")) === "OK";
      } catch {
        return true;
      }
    },
    giveBack: async (login) => {
      await connection.del(keyOf(login)).catch(() => 0);
    },
    close: () => connection.disconnect(),
  };
}
