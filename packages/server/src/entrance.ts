import type { SessionQuery } from "@poplar/maildrop";

/** Orders to end sessions that are remembered while one proof is looked at; with more of them it fails. */
const endsMax = 100;

/**
 * Who is on his way in: from the first word of a proof until a maildrop is open, which takes a hash, and a
 * while where another session has the maildrop. Orders to end the sessions of a login reach those, too: what
 * a proof was compared with may be of a time before the order.
 */
export class Entrance {
  #login: string | undefined;
  /** While it is not known yet whose login it will be. */
  #ends: SessionQuery[] | undefined;

  /** A proof begins. */
  begin(): void {
    this.#login = undefined;
    this.#ends = [];
  }

  /** A proof has come to nothing. */
  fail(): void {
    this.#ends = undefined;
  }

  /** A proof is right. @returns false when the sessions of this login were ended since it began. */
  admit(login: string, isMeant: (query: SessionQuery, login: string) => boolean): boolean {
    const ends = this.#ends ?? [];
    this.#ends = undefined;
    this.#login = login;
    return ends.length <= endsMax && !ends.some((query) => isMeant(query, login));
  }

  /** Sessions are ended. @returns true when this is one of them: proved, and about to open its maildrop. */
  end(query: SessionQuery, isMeant: (query: SessionQuery, login: string) => boolean): boolean {
    if (this.#ends !== undefined && this.#ends.length <= endsMax) this.#ends.push(query);
    return this.#login !== undefined && isMeant(query, this.#login);
  }
}
