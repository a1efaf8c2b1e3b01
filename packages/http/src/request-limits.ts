import { addressRanges, type RequestCounter, type Role } from "@poplar/maildrop";

/** Requests that may be made in a minute with one token. Who runs the server is not held up. */
const requestsMax: Readonly<Record<Role, number>> = {
  platform: Number.POSITIVE_INFINITY,
  tenant: 1200,
  domain: 600,
  self: 120,
};

/** Requests with no token, or one that is worth nothing, that may come from one address in a minute. */
const strangersMax = 60;

const windowSeconds = 60;
/**
 * Callers that are counted at once; with more of them all begin anew, which costs strangers nothing but time.
 */
const callersMax = 100_000;

/** What requests are counted with. */
export interface RequestLimitOptions {
  /** Counts those of all processes; without it each process has limits of its own. */
  readonly fleet?: RequestCounter | undefined;
  /** A clock that does not jump. */
  readonly nowMs?: () => number;
}

/**
 * Counts requests minute by minute: in this process, and over the fleet where that can be asked. Whichever
 * count is higher holds, so that limits remain when the fleet does not answer.
 */
export class RequestLimits {
  readonly #fleet: RequestCounter | undefined;
  readonly #nowMs: () => number;
  #counts = new Map<string, number>();
  #endsMs = 0;

  constructor({ fleet, nowMs = () => performance.now() }: RequestLimitOptions = {}) {
    this.#fleet = fleet;
    this.#nowMs = nowMs;
  }

  /** Counts a request of a known caller. @returns for how many seconds he has to wait; 0: not at all. */
  async count(role: Role, caller: string): Promise<number> {
    return this.#add(`${role} ${caller}`, requestsMax[role]);
  }

  /** Counts a request of somebody who did not say who he is. */
  async countStranger(address: string): Promise<number> {
    return this.#add(`stranger ${addressRanges(address).host}`, strangersMax);
  }

  async #add(key: string, most: number): Promise<number> {
    if (most === Number.POSITIVE_INFINITY) return 0;
    this.#turn();
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count > most) return secondsOf(this.#endsMs - this.#nowMs());
    const all = await this.#fleet?.count(key, windowSeconds);
    return all !== undefined && all.requests > most ? secondsOf(all.endsInMs) : 0;
  }

  #turn(): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#endsMs && this.#counts.size < callersMax) return;
    this.#counts = new Map();
    this.#endsMs = nowMs + windowSeconds * 1000;
  }
}

/** For Retry-After: never 0, which would be no wait at all. */
const secondsOf = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 1000));
