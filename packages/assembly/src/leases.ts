import type { Config } from "@poplar/config";
import {
  createFenceOnlyLeaseStore,
  createMemoryLeaseStore,
  createMemorySessionRegistry,
  createRedisLeaseStore,
  createRedisSessionRegistry,
} from "@poplar/lease";
import type { LeaseStore, SessionRegistry } from "@poplar/maildrop";
import type { DependencyCheck } from "@poplar/operations";
import type { Telemetry } from "@poplar/telemetry";
import { redisSettings } from "./redis.ts";
import { tellSupervisor } from "./workers/worker-link.ts";

/** What the processes of a fleet share beside the store, and what that depends on. */
export interface Leases {
  readonly store: LeaseStore;
  readonly sessions: SessionRegistry;
  readonly dependencies: readonly DependencyCheck[];
}

/** Leases in Redis; in memory where one process is all there is. */
export async function openLeases(config: Config, { log, events }: Telemetry): Promise<Leases> {
  const settings = await redisSettings(config);
  const node = `${config.hostname}/${config.app}/${process.pid}`;
  if (settings === undefined) {
    const sessions = createMemorySessionRegistry(node);
    return { store: createMemoryLeaseStore(), sessions, dependencies: [] };
  }
  const redis = { ...settings, log };
  const fleet = await createRedisLeaseStore({ ...redis, heartbeatTtlMs: config.heartbeatTtlMs, events });
  tellSupervisor({ instanceId: fleet.instanceId });
  const check = async (): ReturnType<DependencyCheck["check"]> => {
    const fault = await fleet.check();
    if (fault === undefined) return { isUp: true, detail: "answers" };
    const remains = whatRemains(config);
    return remains === undefined
      ? { isUp: false, detail: fault.fault }
      : { isUp: true, detail: `does not answer: ${remains}` };
  };
  return {
    store: config.leaseFailure === "refuse" ? fleet : createFenceOnlyLeaseStore(fleet),
    sessions: createRedisSessionRegistry({ ...redis, node, nodeTtlMs: config.heartbeatTtlMs }),
    dependencies: [{ name: "redis", check }],
  };
}

/** What an app is good for without Redis: whoever it can serve is to be sent on to it. */
function whatRemains({ app, leaseFailure }: Config): string | undefined {
  if (app === "lmtp") return "mail is taken in without it";
  if (app === "api") return "sessions and leases are neither seen nor ended, all else is done";
  return leaseFailure === "fence-only" ? "maildrops open by the fence alone" : undefined;
}
