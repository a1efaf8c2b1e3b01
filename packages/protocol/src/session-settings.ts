import type { Fault } from "./fault.ts";
import type { Link } from "./verb.ts";

/** Bounds on what a client can make one session do. */
export interface SessionLimits {
  /** Longest command line, CRLF included. RFC 2449 §4: 255. */
  readonly commandLineOctetsMax: number;
  /**
   * Longest response in an AUTH exchange, in base64 and with its CRLF, and longest line of AUTH itself. RFC
   * 5034 §4 has no limit for the first, and tokens are long.
   */
  readonly responseLineOctetsMax: number;
  /** After so many refused commands, after login in a row, the connection is closed. */
  readonly faultsMax: number;
}

/** What a session is made from. */
export interface SessionSettings {
  /**
   * Text of the greeting, after `+OK `: printable ASCII. It begins with no `[`, which would be a response
   * code (RFC 2449 §8), and holds no `<`, which would announce APOP (RFC 1939 §7).
   */
  readonly greeting: string;
  readonly link: Link;
  readonly limits: SessionLimits;
  readonly observer: SessionObserver;
}

/** Hears what the session does, for counters and logs. Called synchronously; must not throw. */
export interface SessionObserver {
  /**
   * A command was read; `verb` is a known keyword, or "unknown". Each response in an exchange is an AUTH
   * more.
   */
  commanded(verb: string): void;
  /** A command was answered with `-ERR`. */
  refused(fault: Fault): void;
}
