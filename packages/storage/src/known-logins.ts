import type { Login, RememberedLogin } from "@poplar/maildrop";
import { RecentCache } from "./recent-cache.ts";

interface KnownLogin extends RememberedLogin {
  readonly readAtMs: number;
}

/** About what a login with a few credentials takes. */
const loginOctets = 2048;

/**
 * A stamp is the number of the transaction that wrote a row. A server that has lost its last transactions
 * (failover to one that lagged) uses numbers again: nothing is believed for longer than this.
 */
const believedMs = 3_600_000;

/**
 * Logins that were read lately, by the names that led to them. Whether they are still so is asked each time,
 * by their stamps: that costs Postgres a third of reading them.
 */
export class KnownLogins {
  readonly #logins: RecentCache<string, KnownLogin>;
  readonly #nowMs: () => number;

  constructor(octetsMax: number, nowMs: () => number = Date.now) {
    this.#logins = new RecentCache(octetsMax);
    this.#nowMs = nowMs;
  }

  /** The login that these names led to when it was read; without what has expired meanwhile. */
  get(names: readonly string[]): RememberedLogin | undefined {
    const known = this.#logins.get(keyOf(names));
    const nowMs = this.#nowMs();
    if (known === undefined || nowMs - known.readAtMs > believedMs) return undefined;
    const { login, stamp } = known;
    const hasExpired = login.credentials.some(({ expiresAt }) => Number(expiresAt ?? Infinity) <= nowMs);
    if (!hasExpired) return known;
    const credentials = login.credentials.filter(({ expiresAt }) => Number(expiresAt ?? Infinity) > nowMs);
    return { login: { ...login, credentials }, stamp };
  }

  /** @param text what `stampLogin` answered before the login was read. */
  set(names: readonly string[], text: string, login: Login): void {
    const known: KnownLogin = { login, stamp: { names, text }, readAtMs: this.#nowMs() };
    this.#logins.set(keyOf(names), known, loginOctets);
  }
}

const keyOf = (names: readonly string[]): string => names.join("\0");
