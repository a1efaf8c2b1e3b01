export { createFenceOnlyLeaseStore } from "./fence-only-lease-store.ts";
export { createMemoryLeaseStore } from "./memory-lease-store.ts";
export type { RedisTarget } from "./redis-connection.ts";
export { createRedisLeaseStore, type RedisLeaseOptions, type RedisLeaseStore } from "./redis-lease-store.ts";
export {
  createRedisReplayStore,
  type RedisReplayOptions,
  type RedisReplayStore,
} from "./redis-replay-store.ts";
