/** Strangers do not get here: these logins were let in. */
const LOGINS_MAX = 100_000;

const DAY_MS = 24 * 3600 * 1000;

/**
 * Which accepted logins are in the audit already. A mail program logs in from the same place every few
 * minutes for years: that it did so again is a line in the log, and no news. ADR 0020.
 */
export class AuditedLogins {
  readonly #nowMs: () => number;
  /** When each was noted, the longest ago first. */
  readonly #notedAtMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Has this one not been noted within a day? From now on it has. */
  isNews(login: { readonly subject: string; readonly mechanism: string; readonly address: string }): boolean {
    const key = `${login.mechanism} ${login.address} ${login.subject}`;
    const nowMs = this.#nowMs();
    if (nowMs - (this.#notedAtMs.get(key) ?? -DAY_MS) < DAY_MS) return false;
    this.#notedAtMs.delete(key);
    this.#notedAtMs.set(key, nowMs);
    if (this.#notedAtMs.size > LOGINS_MAX) {
      const [oldest] = this.#notedAtMs.keys();
      if (oldest !== undefined) this.#notedAtMs.delete(oldest);
    }
    return true;
  }
}
