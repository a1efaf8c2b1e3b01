import type { BulletinBoard } from "./bulletin-board.ts";
import type { Decision } from "./decision.ts";
import type { ScanListing } from "./scan-listing.ts";
import type { Speech } from "./texts/speech.ts";

/** RFC 1939 §3: a session progresses through these. In UPDATE no command is read. */
export type State = "AUTHORIZATION" | "TRANSACTION" | "UPDATE";

/** What the session knows of its connection, and what the operator allows on it. */
export interface Link {
  readonly isTlsActive: boolean;
  /** A certificate is there, so STLS could succeed. */
  readonly isTlsOffered: boolean;
  /** Passwords may travel in clear here (RFC 8314 §4.1 is against it). */
  readonly isPlaintextLoginAllowed: boolean;
  /** Text after IMPLEMENTATION in CAPA; `undefined` leaves it out. RFC 2449 §6.9. */
  readonly implementation: string | undefined;
  /** `*ENV` is a command here. */
  readonly isSdpsOffered: boolean;
  /**
   * Clients that have not said UTF8 see surrogates of internationalised messages; absent: they are refused
   * those. RFC 6858.
   */
  readonly areSurrogatesShown?: boolean;
  /** LAST is a command here. RFC 1460. */
  readonly isLastOffered?: boolean;
  /** Whether RPOP is a command here, and would be listened to. RFC 1081; absent: it is not. */
  readonly rpop?: "possible" | "not-from-here" | undefined;
  /** What XTND shows; absent: it is no command. RFC 1082. */
  readonly boards?: readonly BulletinBoard[] | undefined;
  /**
   * The SASL mechanisms that could succeed for somebody here; those that send a password are left out
   * elsewhere where it may not travel. Asked each time: TLS changes the answer, logging in does not.
   */
  readonly mechanisms: () => readonly string[];
  /** What is true of every login here, for those who have not logged in; absent: nothing is said of it. */
  readonly terms?: (() => MailTerms) | undefined;
}

/** How long mail is kept and how often a login may come, as CAPA says it. RFC 2449 §6.5, §6.7. */
export interface MailTerms {
  /** Mail is removed after so many days; `undefined`: never. */
  readonly retentionDays: number | undefined;
  /** Seconds from one login to the next; 0: as often as it likes. */
  readonly loginDelaySeconds: number;
}

/** True where USER and PASS could succeed. */
export const isPasswordAcceptable = (link: Link): boolean => link.isTlsActive || link.isPlaintextLoginAllowed;

/** True where something may follow USER. */
export const isNameAcceptable = (link: Link): boolean =>
  isPasswordAcceptable(link) || link.rpop === "possible";

/** What a client has chosen for its session. RFC 6856. */
export interface Mode {
  /** The language of replies: LANG. */
  speech: Speech;
  /** UTF8 has been said. */
  isUtf8: boolean;
}

/** The AUTHORIZATION state. RFC 1939 §4. */
export interface Authorization {
  readonly state: "AUTHORIZATION";
  readonly link: Link;
  readonly mode: Mode;
  /** From the greeting, where APOP is on. RFC 1939 §7. */
  readonly apopTimestamp: string | undefined;
  /** From USER, until PASS has used it. */
  name: string | undefined;
}

/** The TRANSACTION state. RFC 1939 §5. */
export interface Transaction {
  readonly state: "TRANSACTION";
  readonly link: Link;
  readonly mode: Mode;
  readonly listing: ScanListing;
  /** The highest number that RETR has had; at the start, that of sessions before this one. RFC 1460 §5. */
  readonly last: { number: number; readonly atStart: number };
  /** A bulletin board is open, which nobody changes. RFC 1082. */
  readonly isBoard: boolean;
  /** Those of this login. */
  readonly terms: MailTerms | undefined;
}

/**
 * One command: what it does in each state in which it is legal. Where a state is missing, the command is
 * refused there, so the state rules of the whole protocol are this table and nothing else.
 */
export interface Verb {
  readonly rfc: string;
  readonly AUTHORIZATION?: (session: Authorization, argument: Uint8Array | undefined) => Decision;
  readonly TRANSACTION?: (session: Transaction, argument: Uint8Array | undefined) => Decision;
}
