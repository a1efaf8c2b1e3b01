import { once } from "node:events";
import type { ConnectionOptions } from "node:tls";
import { connectRedis, type RedisTarget } from "./redis-connection.ts";

/** What a Redis says about itself. */
export interface RedisInspection {
  /** e.g. `7.0.15`. */
  readonly version: string;
  /** `master`, or `slave` for a replica. */
  readonly role: string;
  /** What happens when memory is full. */
  readonly maxmemoryPolicy: string;
  /** 0: no limit. */
  readonly maxmemoryOctets: number;
  /** Whether it writes leases to a disk. */
  readonly isPersistent: boolean;
  /** How far its clock is ahead of the caller's. */
  readonly aheadMs: number;
}

const patienceMs = 5000;

/** Asks a Redis about itself. Rejects with an error that says why not. */
export async function inspectRedis(
  target: RedisTarget,
  tls: ConnectionOptions | undefined,
): Promise<RedisInspection> {
  const redis = connectRedis(target, { tls, commandTimeoutMs: patienceMs, name: "poplar-doctor" });
  let failure: unknown;
  redis.on("error", (err: unknown) => {
    failure = err;
  });
  try {
    if (redis.status !== "ready") {
      await once(redis, "ready", { signal: AbortSignal.timeout(patienceMs) }).catch((err: unknown) => {
        throw failure ?? err;
      });
    }
    const askedMs = Date.now();
    const [seconds, microseconds] = await redis.time();
    const aheadMs = Number(seconds) * 1000 + Number(microseconds) / 1000 - (askedMs + Date.now()) / 2;
    return { ...readInfo(await redis.info()), aheadMs: Math.round(aheadMs) };
  } finally {
    redis.disconnect();
  }
}

/** The settings stand in INFO too, which takes no rights of an administrator. */
function readInfo(info: string): Omit<RedisInspection, "aheadMs"> {
  const fields = new Map<string, string>();
  for (const line of info.split("\r\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1));
  }
  return {
    version: fields.get("redis_version") ?? "",
    role: fields.get("role") ?? "",
    maxmemoryPolicy: fields.get("maxmemory_policy") ?? "",
    maxmemoryOctets: Number(fields.get("maxmemory") ?? 0),
    isPersistent: fields.get("aof_enabled") === "1",
  };
}
