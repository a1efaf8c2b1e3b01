export { createMemoryLeaseStore } from "./memory-lease-store.ts";
