import type { ExclusiveLanes } from "./exclusive-lanes.ts";
import type { SharedLanes } from "./shared-lanes.ts";

/** Connections by what they are for. */
export interface Lanes {
  /** Short statements that never wait for a lock. */
  readonly lookups: SharedLanes;
  /** Chunks of bodies. */
  readonly bodies: SharedLanes;
  /** Transactions, and statements that may wait. */
  readonly writes: ExclusiveLanes;
}
