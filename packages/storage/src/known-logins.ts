import type { Login } from "@poplar/maildrop";
import type { Row } from "./lane/value.ts";
import { RecentCache } from "./recent-cache.ts";

/** What a login was made from when it was read: the rows of `stampLogin`, octet by octet. */
export type LoginStamp = string;

/** One text for the stamps of all rows that were found. */
export const stampOf = (rows: readonly Row[]): LoginStamp =>
  rows.map((row) => row.map((field) => (field === null ? "-" : charactersOf(field))).join(" ")).join("\n");

const charactersOf = (field: Uint8Array): string =>
  Buffer.from(field.buffer, field.byteOffset, field.byteLength).toString("latin1");

interface KnownLogin {
  readonly stamp: LoginStamp;
  readonly login: Login;
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
 * Logins that were read lately. Whether they are still so is asked each time, by their stamps: that costs
 * Postgres a third of reading them.
 */
export class KnownLogins {
  readonly #logins: RecentCache<string, KnownLogin>;
  readonly #nowMs: () => number;

  constructor(octetsMax: number, nowMs: () => number = Date.now) {
    this.#logins = new RecentCache(octetsMax);
    this.#nowMs = nowMs;
  }

  /** The login that these names led to, if it still has that stamp; without what has expired meanwhile. */
  get(names: string, stamp: LoginStamp): Login | undefined {
    const known = this.#logins.get(names);
    const nowMs = this.#nowMs();
    if (known === undefined || known.stamp !== stamp || nowMs - known.readAtMs > believedMs) return undefined;
    const { login } = known;
    const hasExpired = login.credentials.some(({ expiresAt }) => Number(expiresAt ?? Infinity) <= nowMs);
    if (!hasExpired) return login;
    const credentials = login.credentials.filter(({ expiresAt }) => Number(expiresAt ?? Infinity) > nowMs);
    return { ...login, credentials };
  }

  set(names: string, stamp: LoginStamp, login: Login): void {
    this.#logins.set(names, { stamp, login, readAtMs: this.#nowMs() }, loginOctets);
  }
}
