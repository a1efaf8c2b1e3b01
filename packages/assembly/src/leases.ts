import type { Config } from "@poplar/config";
import { createMemoryLeaseStore, createRedisLeaseStore } from "@poplar/lease";
import type { LeaseStore } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { Telemetry } from "@poplar/telemetry";

/** Leases, and whether they can be had now. */
export interface Leases {
  readonly store: LeaseStore;
  readonly check: () => Promise<Fault | undefined>;
}

/** Leases in Redis; in memory where one process is all there is. */
export async function openLeases(config: Config, { log, events }: Telemetry): Promise<Leases> {
  if (config.redisUrl === undefined) {
    return { store: createMemoryLeaseStore(), check: async () => undefined };
  }
  const store = await createRedisLeaseStore({
    target: { kind: "single", url: config.redisUrl },
    heartbeatTtlMs: config.heartbeatTtlMs,
    events,
    log,
  });
  return { store, check: () => store.check() };
}
