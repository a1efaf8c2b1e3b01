/** How often something was asked for in its window. */
export interface RequestCount {
  readonly requests: number;
  /** When the window ends, and all begins anew. */
  readonly endsInMs: number;
}

/** Counts requests over the fleet. Implemented by `lease` in Redis. */
export interface RequestCounter {
  /**
   * Counts one more; what was counted is forgotten `windowSeconds` after the first.
   *
   * @returns `undefined` when nobody can be asked: whoever counts has to rely on what he knows himself.
   */
  count(key: string, windowSeconds: number): Promise<RequestCount | undefined>;
}
