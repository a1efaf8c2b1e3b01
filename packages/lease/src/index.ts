export { createMemoryLeaseStore } from "./memory-lease-store.ts";
export type { RedisTarget } from "./redis-connection.ts";
export { createRedisLeaseStore, type RedisLeaseOptions, type RedisLeaseStore } from "./redis-lease-store.ts";
