import type { Fault } from "@poplar/protocol";
import type { ReplayStore } from "./replay-guard.ts";

/** A replay store for one process. Takes memory for `claimsMax` claims at most, then refuses as `busy`. */
export class MemoryReplayStore implements ReplayStore {
  readonly #expiresAtMs: Map<string, number> = new Map();
  readonly #nowMs: () => number;
  readonly #claimsMax: number;

  constructor(nowMs: () => number = Date.now, claimsMax = 1_000_000) {
    this.#nowMs = nowMs;
    this.#claimsMax = claimsMax;
  }

  async claim(authenticatorHash: string, ttlSeconds: number): Promise<boolean | Fault> {
    this.#forgetExpired();
    if (this.#expiresAtMs.has(authenticatorHash)) return false;
    if (this.#expiresAtMs.size >= this.#claimsMax) return { fault: "busy" };
    this.#expiresAtMs.set(authenticatorHash, this.#nowMs() + ttlSeconds * 1000);
    return true;
  }

  /** From the oldest on: claims have one time to live, so they expire in the order in which they came. */
  #forgetExpired(): void {
    const nowMs = this.#nowMs();
    for (const [hash, expiresAtMs] of this.#expiresAtMs) {
      if (expiresAtMs > nowMs) return;
      this.#expiresAtMs.delete(hash);
    }
  }
}
