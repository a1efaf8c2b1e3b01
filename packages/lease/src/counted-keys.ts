/** Strangers choose the keys. Above this many they are not followed any more, and Redis is asked. */
export const COUNTED_KEYS_MAX = 100_000;

/**
 * What is counted anywhere in the fleet, as far as this node has heard: what is not in here need not be asked
 * for. It is complete only while every word of the others arrives; else, and when there is too much of it,
 * everything may be counted.
 */
export class CountedKeys {
  readonly #nowMs: () => number;
  readonly #keysMax: number;
  readonly #forgottenAtMs = new Map<string, number>();
  #isComplete = false;

  constructor(nowMs: () => number, keysMax: number = COUNTED_KEYS_MAX) {
    this.#nowMs = nowMs;
    this.#keysMax = keysMax;
  }

  /** Somebody counts this for so long. */
  add(key: string, milliseconds: number): void {
    const untilMs = this.#nowMs() + milliseconds;
    this.#forgottenAtMs.set(key, Math.max(untilMs, this.#forgottenAtMs.get(key) ?? 0));
    if (this.#forgottenAtMs.size > this.#keysMax) this.#tidy();
  }

  /** Could there be a count of it? `false` only when there is none. */
  has(key: string): boolean {
    return !this.#isComplete || (this.#forgottenAtMs.get(key) ?? 0) > this.#nowMs();
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** All that was counted before is in here, and what comes is heard of. */
  complete(): void {
    this.#isComplete = this.#forgottenAtMs.size < this.#keysMax;
  }

  /** Words may be lost from now on. */
  interrupt(): void {
    this.#isComplete = false;
  }

  #tidy(): void {
    const nowMs = this.#nowMs();
    for (const [key, untilMs] of this.#forgottenAtMs) {
      if (untilMs <= nowMs) this.#forgottenAtMs.delete(key);
    }
    if (this.#forgottenAtMs.size <= this.#keysMax) return;
    this.#forgottenAtMs.clear();
    this.#isComplete = false;
  }
}
