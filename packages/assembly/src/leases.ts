import { readFile } from "node:fs/promises";
import { type Config, parseRedisTarget } from "@poplar/config";
import { createFenceOnlyLeaseStore, createMemoryLeaseStore, createRedisLeaseStore } from "@poplar/lease";
import type { LeaseStore } from "@poplar/maildrop";
import type { DependencyCheck } from "@poplar/operations";
import type { Telemetry } from "@poplar/telemetry";

/** Leases, and what they depend on. */
export interface Leases {
  readonly store: LeaseStore;
  readonly dependencies: readonly DependencyCheck[];
}

/** Leases in Redis; in memory where one process is all there is. */
export async function openLeases(config: Config, { log, events }: Telemetry): Promise<Leases> {
  const target = config.redisUrl === undefined ? undefined : parseRedisTarget(config.redisUrl);
  if (target === undefined) return { store: createMemoryLeaseStore(), dependencies: [] };
  const fleet = await createRedisLeaseStore({
    target,
    ...(config.redisTlsCa === undefined ? {} : { tls: { ca: await readFile(config.redisTlsCa) } }),
    heartbeatTtlMs: config.heartbeatTtlMs,
    events,
    log,
  });
  const isNeeded = config.leaseFailure === "refuse";
  const check = async (): ReturnType<DependencyCheck["check"]> => {
    const fault = await fleet.check();
    if (fault === undefined) return { isUp: true, detail: "answers" };
    // Clients are to be sent on to those who let them in without it.
    return isNeeded
      ? { isUp: false, detail: fault.fault }
      : { isUp: true, detail: "does not answer; logins go on without it (fence-only)" };
  };
  return {
    store: isNeeded ? fleet : createFenceOnlyLeaseStore(fleet),
    dependencies: [{ name: "redis", check }],
  };
}
