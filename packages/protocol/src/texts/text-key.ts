/** Names of the texts behind `+OK`. */
export type OkKey =
  | "maildrop-open"
  | "messages"
  | "maildrop-has"
  | "octets"
  | "top-follows"
  | "capabilities-follow"
  | "mechanisms-follow"
  | "envelope-follows"
  | "boards-follow"
  | "languages-follow"
  | "language-chosen"
  | "utf8-on"
  | "message-deleted"
  | "password-next"
  | "still-here"
  | "begin-tls"
  | "bye";

/** Names of the texts behind `-ERR`: what a command line lacks. */
export type SyntaxKey =
  | "no-argument"
  | "one-number"
  | "number-or-none"
  | "not-a-number"
  | "top-arguments"
  | "apop-arguments"
  | "auth-arguments"
  | "lang-argument"
  | "not-base64"
  | "name-needed"
  | "name-not-text"
  | "password-needed"
  | "password-not-text"
  | "pass-after-user"
  | "rpop-arguments"
  | "xtnd-arguments"
  | "helo-arguments"
  | "fold-argument"
  | "read-argument"
  | "no-such-maildrop"
  | "tls-on-plaintext-port"
  | "plaintext-on-tls-port"
  | "too-much-before-login";

/** Names of the other texts behind `-ERR`. */
export type ErrKey =
  | "unknown-command"
  | "wrong-state"
  | "line-too-long"
  | "no-such-message"
  | "no-such-board"
  | "read-only"
  | "utf8-needed"
  | "unknown-language"
  | "tls-required"
  | "tls-active"
  | "tls-unavailable"
  | "bad-credentials"
  | "login-too-soon"
  | "mechanism-unavailable"
  | "exchange-cancelled"
  | "too-many-connections"
  | "busy"
  | "maildrop-in-use"
  | "lease-lost"
  | "not-removed"
  | "mail-out-of-reach"
  | "shutting-down"
  | "internal";

/** The name of a text; each language has one for each. */
export type TextKey = OkKey | SyntaxKey | ErrKey;

/**
 * The texts of a language. `{0}` and `{1}` are values; a value that stands first in English stands first
 * everywhere, because some clients read it. No text begins with `[`, which would be a response code (RFC 2449
 * §8).
 */
export interface Language {
  /** RFC 5646. */
  readonly tag: string;
  /** The language in its own words. RFC 6856 §3.2. */
  readonly name: string;
  readonly texts: Readonly<Record<TextKey, string>>;
  /** Follows the text of the refusal after which a session is closed. */
  readonly tooManyFaults: string;
}
