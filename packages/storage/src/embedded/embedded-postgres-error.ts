/** Why the embedded Postgres does not start; each with one sentence for the operator. */
export type EmbeddedPostgresErrorCode =
  /** The data folder, or one above it, cannot be written or entered. */
  | "folder-unreachable"
  /** Another Poplar process uses the data folder. */
  | "folder-in-use"
  /** The data folder was made by another major version of Postgres. */
  | "wrong-version"
  /** No binaries for this platform. */
  | "no-binaries"
  /** Postgres said no; its last words are in the message. */
  | "start-failed";

/** The embedded Postgres cannot start, and trying again will not help. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
