/** What POP shows of a maildrop, and what becomes of mail there: chosen for each login by an operator. */
export interface MailPolicy {
  /** Messages that have been there for so many days are removed; absent: never. RFC 2449 §6.7, EXPIRE. */
  readonly retentionDays?: number;
  /** So many seconds have to lie between two logins; absent: none. RFC 2449 §6.5, LOGIN-DELAY. */
  readonly loginDelaySeconds?: number;
  /** Which messages are shown; absent: all. */
  readonly sees?: Sees;
  /** What deleting comes to; absent: `remove`. */
  readonly deletion?: Deletion;
  /**
   * What a session has retrieved whole is removed when it ends with QUIT, as if the client had deleted it:
   * CAPA says `EXPIRE 0` (RFC 2449 §6.7). Absent: only what the client deletes.
   */
  readonly removesRetrieved?: true;
}

/**
 * A part of a maildrop: the newest messages so many, those that came in the last days, or those that the
 * program which logs in has not fetched yet, as its app password tells it from others.
 */
export type Sees = { readonly newest: number } | { readonly days: number } | { readonly unfetched: true };

/**
 * `remove`: the message is gone. `hide`: it can be restored, with its unique-id, for so many days. `ignore`:
 * it stays, and the client is not told.
 */
export type Deletion =
  | { readonly way: "remove" }
  | { readonly way: "hide"; readonly days: number }
  | { readonly way: "ignore" };

/** What is true of all logins, for those who have not logged in. RFC 2449 §6.5, §6.7. */
export interface PolicyBounds {
  /** The shortest retention; `undefined`: nobody's mail is ever removed. */
  readonly retentionDaysMin: number | undefined;
  /** The longest delay; 0: nobody has to wait. */
  readonly loginDelaySecondsMax: number;
}

/** Spaces the logins of each name, over the fleet. Implemented by `lease`, called by `server`. */
export interface LoginPacer {
  /**
   * Takes the one token of a login's bucket, which is full again after so many seconds.
   *
   * @returns false while it is empty. True, too, when nobody knows: the door stays open when its clock is
   * broken.
   */
  take(login: string, delaySeconds: number): Promise<boolean>;
  /** Puts the token back: the login came to nothing. Never rejects. */
  giveBack(login: string): Promise<void>;
}
