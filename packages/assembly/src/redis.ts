import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { type Config, parseRedisTarget } from "@poplar/config";
import type { RedisTarget } from "@poplar/lease";

/** Which Redis, and whom to believe that it is the one. */
export interface RedisSettings {
  readonly target: RedisTarget;
  readonly tls?: ConnectionOptions;
}

/** What the configuration says of Redis; `undefined` when there is none. */
export async function redisSettings(config: Config): Promise<RedisSettings | undefined> {
  const target = config.redisUrl === undefined ? undefined : parseRedisTarget(config.redisUrl);
  if (target === undefined) return undefined;
  return config.redisTlsCa === undefined
    ? { target }
    : { target, tls: { ca: await readFile(config.redisTlsCa) } };
}
