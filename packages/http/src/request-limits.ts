import type { Role } from "@poplar/maildrop";

/** Requests that may be made in a minute with one token. Who runs the server is not held up. */
const requestsMax: Readonly<Record<Role, number>> = {
  platform: Number.POSITIVE_INFINITY,
  tenant: 1200,
  domain: 600,
  self: 120,
};

/** Requests with no token, or one that is worth nothing, that may come from one address in a minute. */
const strangersMax = 60;

const windowMs = 60_000;
/**
 * Callers that are counted at once; with more of them all begin anew, which costs strangers nothing but time.
 */
const callersMax = 100_000;

/** Counts requests in this process, minute by minute. */
export class RequestLimits {
  readonly #nowMs: () => number;
  #counts = new Map<string, number>();
  #endsMs = 0;

  /** @param nowMs a clock that does not jump. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Counts a request of a known caller. @returns for how many seconds he has to wait; 0: not at all. */
  count(role: Role, caller: string): number {
    return this.#add(`${role} ${caller}`, requestsMax[role]);
  }

  /** Counts a request of somebody who did not say who he is. */
  countStranger(address: string): number {
    return this.#add(`stranger ${address}`, strangersMax);
  }

  #add(key: string, most: number): number {
    this.#turn();
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count > most ? Math.ceil((this.#endsMs - this.#nowMs()) / 1000) : 0;
  }

  #turn(): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#endsMs && this.#counts.size < callersMax) return;
    this.#counts = new Map();
    this.#endsMs = nowMs + windowMs;
  }
}
