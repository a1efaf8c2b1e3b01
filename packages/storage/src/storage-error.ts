import type { Fault } from "@poplar/protocol";

/** Why Postgres gave no answer. */
export type StorageErrorCode =
  /** No connection, or it was lost: the statement may have been carried out or not. */
  | "unreachable"
  /** Postgres answered with an error. */
  | "refused"
  /** The database has not been migrated. */
  | "no-schema"
  /** Too many statements wait already. */
  | "busy"
  /** The store has been closed. */
  | "closed";

/** The only error that leaves this package: what the driver threw is its `cause`. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;
  /** SQLSTATE, where Postgres gave one. */
  readonly sqlState: string | undefined;

  constructor(code: StorageErrorCode, message: string, cause?: { sqlState?: string; error?: unknown }) {
    super(message, cause?.error === undefined ? undefined : { cause: cause.error });
    this.code = code;
    this.sqlState = cause?.sqlState;
  }

  /** It happens where nobody has made a mistake, and needs no stack in the log. */
  get isForeseen(): boolean {
    return this.code !== "refused";
  }
}

/** SQLSTATE of a write that a standby refuses: the way to the primary led to another server. */
export const readOnlyTransaction = "25006";

/** SQLSTATEs after which the connection, or the server, is gone or going, or is not the one meant. */
const isGoing = (sqlState: string): boolean =>
  sqlState.startsWith("08") ||
  sqlState.startsWith("57P") ||
  sqlState === "53300" ||
  sqlState === readOnlyTransaction;

/** SQLSTATE of a table that is not there. */
const undefinedTable = "42P01";

/** What an error of the driver, or of Postgres through it, means here. */
export function asStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const sqlState = sqlStateOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (sqlState === undefined) return new StorageError("unreachable", message, { error });
  if (sqlState === undefinedTable) {
    return new StorageError("no-schema", "the database lacks tables of Poplar's: migrate it", {
      sqlState,
      error,
    });
  }
  return new StorageError(isGoing(sqlState) ? "unreachable" : "refused", message, { sqlState, error });
}

/** Node's own codes (`ECONNREFUSED`) are no SQLSTATEs, which have five characters. */
function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code) && !error.code.startsWith("E")
    ? error.code
    : undefined;
}

/** The fault that a failed statement is for a session. */
export const storageDown = (error: unknown): Fault & { readonly fault: "storage-down" } => ({
  fault: "storage-down",
  cause: error,
});
