import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { ConnectionOptions } from "node:tls";
import type { Fault } from "@poplar/protocol";
import { foreseen } from "./foreseen.ts";
import { LeaseKeys } from "./lease-keys.ts";
import { connectRedis, type RedisTarget } from "./redis-connection.ts";

const commandTimeoutMs = 800;

/**
 * Frees at once whatever an instance held that is known to be dead, without being one of the fleet: for the
 * supervisor of its process.
 */
export async function releaseInstance(
  redis: { readonly target: RedisTarget; readonly tls?: ConnectionOptions; readonly keyPrefix?: string },
  instanceId: string,
): Promise<Fault | undefined> {
  const name = `poplar-release-${randomUUID()}`;
  const connection = connectRedis(redis.target, { tls: redis.tls, commandTimeoutMs, name });
  try {
    await once(connection, "ready", { signal: AbortSignal.timeout(2 * commandTimeoutMs) });
    const keys = new LeaseKeys(redis.keyPrefix ?? "").heartbeats(instanceId);
    await Promise.all(keys.map(async (key) => connection.del(key)));
    return undefined;
  } catch (cause) {
    return { fault: "lease-store-down", cause: foreseen(cause) };
  } finally {
    connection.on("error", () => undefined);
    connection.disconnect();
  }
}
