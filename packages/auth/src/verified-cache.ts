import { hash, randomBytes } from "node:crypto";

/** How much is remembered, and for how long. */
export interface VerifiedLimits {
  readonly entriesMax: number;
  readonly ttlMs: number;
  /** Milliseconds, from any origin. */
  readonly now: () => number;
}

/** The name of a proof: says nothing about it to who does not know this process's key. */
export type ProofKey = string;

/**
 * Remembers which proofs were right, so that a client that polls every minute costs one slow hash in a while.
 * Wrong ones are never remembered; the least recently used are forgotten first, and all of them after a time,
 * used or not.
 */
export class VerifiedCache {
  readonly #key = randomBytes(32);
  readonly #limits: VerifiedLimits;
  /** When each entry ends, the least recently used first. */
  readonly #endsMs = new Map<ProofKey, number>();

  constructor(limits: VerifiedLimits) {
    this.#limits = limits;
  }

  /** Whatever a proof depends on must be a part of its key: one left out lets somebody else in. */
  keyOf(parts: readonly (string | number | Uint8Array)[]): ProofKey {
    const octets = parts.map((part) => (typeof part === "object" ? part : Buffer.from(String(part))));
    // With all lengths in front, no part can pass for the end of the one before it.
    const lengths = Buffer.from(`${octets.map(({ length }) => length).join(":")}\0`);
    // A hash in one go takes a tenth of an HMAC; it never leaves the process, so nobody can lengthen it.
    return hash("sha256", Buffer.concat([this.#key, lengths, ...octets]), "base64");
  }

  has(key: ProofKey): boolean {
    const endMs = this.#endsMs.get(key);
    if (endMs === undefined) return false;
    this.#endsMs.delete(key);
    if (endMs <= this.#limits.now()) return false;
    this.#endsMs.set(key, endMs);
    return true;
  }

  add(key: ProofKey): void {
    this.#endsMs.delete(key);
    this.#endsMs.set(key, this.#limits.now() + this.#limits.ttlMs);
    if (this.#endsMs.size <= this.#limits.entriesMax) return;
    const [oldest] = this.#endsMs.keys();
    if (oldest !== undefined) this.#endsMs.delete(oldest);
  }

  get size(): number {
    return this.#endsMs.size;
  }
}
