/** One thing that was looked at. */
export interface Finding {
  readonly verdict: "fine" | "doubtful" | "wrong";
  /** What was looked at, in one word. */
  readonly check: string;
  /** What was seen. */
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}
