import { leaseStoreConformance } from "@poplar/testkit";
import { createMemoryLeaseStore } from "./memory-lease-store.ts";

leaseStoreConformance(async () => createMemoryLeaseStore());
