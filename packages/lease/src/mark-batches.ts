import { createHash } from "node:crypto";

/** Sends marks together: a wave of logins costs one command a second. */
const FLUSH_MS = 1000;
const MARKS_MAX = 500;

/** 72 bits stand for a mark: they meet by chance in no fleet, and take less room than a name. */
export const markOf = (key: string): string =>
  createHash("sha256").update(key).digest("base64url").slice(0, 12);

/** Gathers marks that are in no hurry. */
export class MarkBatches {
  readonly #send: (seconds: number, marks: readonly string[]) => Promise<unknown>;
  /** By how long they stand. */
  readonly #waiting = new Map<number, Set<string>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param send takes one batch away; what it fails with is nobody's concern. */
  constructor(send: (seconds: number, marks: readonly string[]) => Promise<unknown>) {
    this.#send = send;
  }

  add(key: string, seconds: number): void {
    const marks = this.#waiting.get(seconds) ?? new Set();
    this.#waiting.set(seconds, marks.add(key));
    if (marks.size >= MARKS_MAX) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  /** Is it still on its way? */
  has(key: string): boolean {
    return [...this.#waiting.values()].some((marks) => marks.has(key));
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [seconds, keys] of this.#waiting) {
      void this.#send(seconds, [...keys].map(markOf));
    }
    this.#waiting.clear();
  }
}
