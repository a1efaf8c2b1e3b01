import type { Figure } from "./measure.ts";
import { type Scenario, scenarios } from "./scenario.ts";

/** What the figures of a row count: `s` for a gigabyte, `KB` of memory. */
export type Quantity = "ms" | "s" | "KB";

/** One row of the table. */
export interface Row {
  readonly name: string;
  /** What it is counted for. */
  readonly unit: string;
  readonly quantity: Quantity;
  /** Most that Poplar may take; absent: be ahead of the peer. */
  readonly goal?: number;
}

/** One server's figure in a row. */
export interface Cell {
  readonly value: number;
  /** What stands in brackets behind it. */
  readonly note?: string;
  /** What each part of the server takes of it, in words. */
  readonly parts?: string;
}

/** What one server has reached, by the names of rows. */
export interface Column {
  readonly name: string;
  readonly cells: ReadonlyMap<string, Cell>;
}

/** What comes in. */
export const deliveryRow: Row = { name: "LMTP in, 4 KB, one recipient", unit: "message", quantity: "ms" };

/** A connection that is logged in and says nothing. */
export interface IdleRow extends Row {
  readonly isTls: boolean;
}

export const idleRows: readonly IdleRow[] = [
  { name: "idle connection, plain", unit: "connection", quantity: "KB", goal: 8, isTls: false },
  { name: "idle connection, TLS", unit: "connection", quantity: "KB", goal: 40, isTls: true },
];

/** Time that one client waits for the listing of 100,000 messages. */
export interface ListingRow extends Row {
  readonly isChanged: boolean;
}

const listing = { unit: "session", quantity: "ms" } as const;
export const listingRows: readonly ListingRow[] = [
  { ...listing, name: "wait for UIDL of 100,000, one more each time", goal: 60, isChanged: true },
  { ...listing, name: "wait for UIDL of 100,000, unchanged", goal: 25, isChanged: false },
];

/** From connecting to the answer to PASS, measured along with the first row. */
export const loginWaitRow: Row = { name: "wait for PASS, p99", unit: "session", quantity: "ms", goal: 15 };

/** A scenario as a row. */
export const rowOf = ({ name, unit, goal }: Scenario): Row => ({
  name,
  unit,
  quantity: unit === "GB" ? "s" : "ms",
  goal,
});

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [
  ...scenarios.map(rowOf),
  deliveryRow,
  ...idleRows,
  ...listingRows,
  loginWaitRow,
];

/** Where the null server has something to say that the row of `login` has not said. */
export const hasFloor = ({ name }: Scenario): boolean => !name.includes("argon2id");

/** Seconds of CPU as a row counts them. */
const inQuantity = ({ quantity }: Row, seconds: number): number =>
  quantity === "s" ? seconds : seconds * 1000;

/** A value as it is read. */
export function valueWords({ quantity }: Pick<Row, "quantity">, value: number): string {
  switch (quantity) {
    case "ms":
      return `${value < 10 ? value.toFixed(3) : value.toFixed(1)} ms`;
    case "s":
      return `${value.toFixed(2)} s`;
    case "KB":
      return `${value.toFixed(1)} KB`;
  }
}

/** A cell as it is read. */
export const cellWords = (row: Pick<Row, "quantity">, { value, note }: Cell): string =>
  `${valueWords(row, value)}${note === undefined ? "" : ` (${note})`}`;

/** What was measured, as a cell. @param isResuming clients bring tickets of TLS. */
export function cellOf(row: Row, figure: Figure, isResuming = false): Cell {
  const { cpuPerUnit, cpuByPart, loginP99Ms, resumedShare } = figure;
  const resumed = isResuming ? `, ${Math.round(resumedShare * 100)}% resumed` : "";
  const parts = [...cpuByPart].map(
    ([name, seconds]) => `${name} ${valueWords(row, inQuantity(row, seconds))}`,
  );
  return {
    value: inQuantity(row, cpuPerUnit),
    note: `p99 ${loginP99Ms.toFixed(1)} ms${resumed}`,
    ...(parts.length > 1 && { parts: `; ${parts.join(", ")}` }),
  };
}
