/** Where a session stands among others: the older before the younger, those of one moment by their ids. */
export interface SessionPlace {
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly sessionId: string;
}

/** The order in which sessions are listed; no two have the same place. */
export function comparePlaces(one: SessionPlace, other: SessionPlace): number {
  if (one.sinceMs !== other.sinceMs) return one.sinceMs - other.sinceMs;
  return one.sessionId < other.sessionId ? -1 : Number(one.sessionId > other.sessionId);
}

/** The first of them in that order, at most `limit`. */
export const firstInOrder = <Placed extends SessionPlace>(
  sessions: readonly Placed[],
  limit: number,
): readonly Placed[] => sessions.toSorted(comparePlaces).slice(0, limit);
