import type { Act, Operation, Outcome } from "./operation.ts";

/** How many operations of each kind came to what. */
export type OperationCounts = Readonly<Record<string, number>>;

/** Operations as they happen, of any number of clients in this process. */
export class History {
  readonly #operations: Operation[] = [];
  readonly #now: () => number;

  /** @param now a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get operations(): readonly Operation[] {
    return this.#operations;
  }

  /** Notes that an operation begins. @returns what notes its end; not calling it leaves it out. */
  begin(session: string, maildrop: string): (act: Act) => void {
    const from = this.#now();
    return (act) => void this.#operations.push({ ...act, session, maildrop, from, to: this.#now() });
  }

  /** E.g. `{ "quit acknowledged": 12, "list": 13 }`. */
  counts(): OperationCounts {
    const counts: Record<string, number> = {};
    for (const operation of this.#operations) {
      const outcome: Outcome | "" = "outcome" in operation ? operation.outcome : "";
      const name = `${operation.do} ${outcome}`.trimEnd();
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => a.localeCompare(b)));
  }
}
