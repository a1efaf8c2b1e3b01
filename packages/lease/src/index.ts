export { createFenceOnlyLeaseStore } from "./fence-only-lease-store.ts";
export { inspectRedis, type RedisInspection } from "./inspect-redis.ts";
export { createMemoryLeaseStore } from "./memory-lease-store.ts";
export { createMemoryLoginPacer } from "./memory-login-pacer.ts";
export { createMemorySessionRegistry } from "./memory-session-registry.ts";
export {
  createRedisAttemptCounter,
  type RedisAttemptCounter,
  type RedisAttemptOptions,
} from "./redis-attempt-counter.ts";
export type { RedisTarget } from "./redis-connection.ts";
export { createRedisLeaseStore, type RedisLeaseOptions, type RedisLeaseStore } from "./redis-lease-store.ts";
export { createRedisLoginPacer, type RedisLoginPacer, type RedisPacerOptions } from "./redis-login-pacer.ts";
export {
  createRedisReplayStore,
  type RedisReplayOptions,
  type RedisReplayStore,
} from "./redis-replay-store.ts";
export {
  createRedisRequestCounter,
  type RedisRequestCounter,
  type RedisRequestOptions,
} from "./redis-request-counter.ts";
export { createRedisSessionRegistry, type RedisSessionOptions } from "./redis-session-registry.ts";
export { createRedisTicketKeys, type SharedTicketKeys, type TicketKeyOptions } from "./redis-ticket-keys.ts";
export { releaseInstance } from "./release-instance.ts";
