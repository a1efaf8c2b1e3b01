import type { Figure } from "./measure.ts";

/** What one server has reached. */
export interface Column {
  readonly name: string;
  readonly figures: ReadonlyMap<string, Figure>;
  /** Octets of memory, by row. */
  readonly idle: ReadonlyMap<string, number>;
}

/** The row of what comes in. */
export const deliveryRow = "LMTP in, 4 KB, one recipient";

/** Rows of connections that are logged in and say nothing; true: over TLS. */
export const idleRows: ReadonlyMap<string, boolean> = new Map([
  ["idle connection, plain", false],
  ["idle connection, TLS", true],
]);
