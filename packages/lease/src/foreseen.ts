/** What only a mistake in the code throws. */
const bugs = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Why Redis gave no answer: happens where nobody has made a mistake, and needs no stack in the log. */
export class RedisAwayError extends Error {
  override readonly name = "RedisAwayError";
  readonly isForeseen = true;
}

/**
 * The same for what the driver threw: a connection that closed, a command without an answer in time, a Redis
 * that says no. A bug stays what it is, and keeps its stack.
 */
export function foreseen(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof RedisAwayError) return cause;
  // Those of the system say it by their code, which is worth keeping.
  if ("code" in cause || bugs.some((bug) => cause instanceof bug)) return cause;
  return new RedisAwayError(cause.message, { cause });
}
