/** A thing that is kept, between that which was used before it and that which was used after it. */
interface Kept<Key, Value> {
  readonly key: Key;
  readonly value: Value;
  readonly octets: number;
  older: Kept<Key, Value> | undefined;
  newer: Kept<Key, Value> | undefined;
}

/** What a thing takes beside its own octets: its objects, here and in V8. */
export const overheadOctets = 640;

/** Keeps what was used last, up to so many octets. */
export class RecentCache<Key, Value> {
  readonly #octetsMax: number;
  readonly #kept = new Map<Key, Kept<Key, Value>>();
  #newest: Kept<Key, Value> | undefined;
  #oldest: Kept<Key, Value> | undefined;
  #octets = 0;

  /** @param octetsMax 0: nothing is kept. */
  constructor(octetsMax: number) {
    this.#octetsMax = octetsMax;
  }

  has(key: Key): boolean {
    return this.#kept.has(key);
  }

  get(key: Key): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept !== this.#newest) {
      this.#unlink(kept);
      this.#link(kept);
    }
    return kept?.value;
  }

  /** Keeps a thing of so many octets, in place of what had its key, and lets go of the oldest for it. */
  set(key: Key, value: Value, octets: number): void {
    const before = this.#kept.get(key);
    if (before !== undefined) this.#forget(before);
    const kept = { key, value, octets: octets + overheadOctets, older: undefined, newer: undefined };
    if (kept.octets > this.#octetsMax) return;
    this.#link(kept);
    this.#kept.set(key, kept);
    this.#octets += kept.octets;
    while (this.#octets > this.#octetsMax && this.#oldest !== undefined) this.#forget(this.#oldest);
  }

  #forget(kept: Kept<Key, Value>): void {
    this.#kept.delete(kept.key);
    this.#octets -= kept.octets;
    this.#unlink(kept);
  }

  #link(kept: Kept<Key, Value>): void {
    kept.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = kept;
    this.#newest = kept;
    this.#oldest ??= kept;
  }

  #unlink(kept: Kept<Key, Value>): void {
    if (kept.older === undefined) this.#oldest = kept.newer;
    else kept.older.newer = kept.newer;
    if (kept.newer === undefined) this.#newest = kept.older;
    else kept.newer.older = kept.older;
    kept.older = undefined;
    kept.newer = undefined;
  }
}
