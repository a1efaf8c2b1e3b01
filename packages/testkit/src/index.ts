export { leaseStoreConformance } from "./conformance/lease-store.ts";
