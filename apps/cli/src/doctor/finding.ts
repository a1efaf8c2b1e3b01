interface Seen {
  /** What was looked at, in one word. */
  readonly check: string;
  /** What was seen. */
  readonly detail: string;
}

/** What is as it should be. */
export interface FineFinding extends Seen {
  readonly verdict: "fine";
}

/** What is not as it should be. */
export interface BadFinding extends Seen {
  readonly verdict: "doubtful" | "wrong";
  /** What to do about it. */
  readonly advice: string;
}

/** One thing that was looked at. */
export type Finding = FineFinding | BadFinding;
