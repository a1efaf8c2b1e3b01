import { asStorageError, type StorageError } from "../storage-error.ts";

/** Fields of an ErrorResponse: SQLSTATE, and the message for people. */
const SQLSTATE = "C";
const MESSAGE = "M";

/** What an ErrorResponse says: fields of a letter and a text, each ended by an octet of zero. */
export function errorOf(payload: Buffer): StorageError {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < payload.length && payload[at] !== 0) {
    const end = payload.indexOf(0, at + 1);
    if (end === -1) break;
    fields.set(payload.toString("latin1", at, at + 1), payload.toString("utf8", at + 1, end));
    at = end + 1;
  }
  const message = fields.get(MESSAGE) ?? "Postgres failed without a word";
  return asStorageError(new PostgresAnswer(message, fields.get(SQLSTATE) ?? "XX000"));
}

/** An error as Postgres sent it, for the log. */
class PostgresAnswer extends Error {
  override readonly name = "PostgresAnswer";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}
