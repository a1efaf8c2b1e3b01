import type { BulletinBoard, Envelope, Fault, MailTerms, PopVersion } from "@poplar/protocol";

/**
 * The login that every dialogue may use. The password has spaces in it and behind it: RFC 1939 §7 lets it.
 */
export const LOGIN: { readonly name: string; readonly password: string } = {
  name: "alice@example.test",
  password: "secret with  spaces ",
};

/**
 * What has to be there before a dialogue begins. A pure session and a real server can both be set up from it.
 */
export interface Fixture {
  /** What is spoken. */
  readonly version: PopVersion;
  /**
   * The maildrop of `LOGIN`: messages as they are delivered, in order, with nothing in front of them (no
   * trace header), so that their octets are known.
   */
  readonly messages: readonly Uint8Array[];
  /** Passwords are accepted on a plaintext connection. */
  readonly isPlaintextLoginAllowed: boolean;
  /** STLS is possible on a plaintext connection. */
  readonly isTlsOffered: boolean;
  /** SASL mechanisms that are offered, of those that are scripted. */
  readonly mechanisms: readonly string[];
  /** Stands in the greeting of each connection; `undefined` where APOP is off. */
  readonly apopTimestamp: string | undefined;
  /** `*ENV` is a command. */
  readonly isSdpsOffered: boolean;
  /** Clients that have not said UTF8 see surrogates. RFC 6858. */
  readonly areSurrogatesShown: boolean;
  /** LAST is a command. */
  readonly isLastOffered: boolean;
  /** Whether RPOP is a command, and would be listened to; `undefined`: it is not. */
  readonly rpop: "possible" | "not-from-here" | undefined;
  /** What XTND shows; `undefined` where it is no command. */
  readonly boards: readonly FixtureBoard[] | undefined;
  /** What CAPA says of EXPIRE and LOGIN-DELAY: of all logins, and of `LOGIN`; `undefined`: nothing. */
  readonly terms: { readonly all: MailTerms; readonly own: MailTerms } | undefined;
  /** How messages came in, by their number; the others came as `envelopeOf` says. */
  readonly envelopes: ReadonlyMap<number, Envelope>;
  /** What fails, once each, in this order. Only a venue that can fail on purpose plays such dialogues. */
  readonly failures: readonly Failure[];
}

/** A bulletin board, with its messages as they are delivered. */
export interface FixtureBoard {
  readonly name: string;
  readonly messages: readonly Uint8Array[];
  /** `undefined`: it has none. */
  readonly archive: readonly Uint8Array[] | undefined;
}

/** What the client of `LOGIN` is called on its own host. RFC 1081. */
export const RPOP_USER = "alice";

/** The board as a session is told of it. */
export const boardOf = ({ name, archive }: FixtureBoard): BulletinBoard => ({
  name,
  address: `${name}@example.test`,
  hasArchive: archive !== undefined,
});

/** What a session asks the world for, and the fault that it hears instead. */
export interface Failure {
  readonly effect: FailingEffect;
  readonly fault: Fault;
}

export type FailingEffect = "authenticate" | "send-message" | "update" | "open-board";

/** How a message of a fixture came in. */
export const envelopeOf = ({ envelopes }: Fixture, message: number): Envelope =>
  envelopes.get(message) ?? {
    maildrop: LOGIN.name,
    reversePath: "sender@example.test",
    recipient: LOGIN.name,
  };

const HEADER = "Subject: a message\r\n\r\n";
const BODY_LINE = `${"0123456789".repeat(7)}\r\n`;
const CRLF = "\r\n";

/**
 * A message of so many octets as RFC 1939 §11 counts them: a header, an empty line and a body, while there is
 * room.
 */
export function messageOfOctets(octets: number): Uint8Array {
  if (octets === 0) return Buffer.alloc(0);
  if (!Number.isInteger(octets) || octets < CRLF.length) throw new Error(`no message has ${octets} octets`);
  const text = (HEADER + BODY_LINE.repeat(octets / BODY_LINE.length)).slice(0, octets - CRLF.length);
  return Buffer.from(text.replace(/\r$/, "x").padEnd(octets - CRLF.length, "x") + CRLF);
}

/**
 * A message as a client has to get it, as characters of the same value: CRLF line ends, the last line ended.
 */
export function asReceived(message: Uint8Array): string {
  const lines = Buffer.from(message).toString("latin1").replace(/\r?\n/g, "\r\n");
  return lines === "" || lines.endsWith("\n") ? lines : `${lines}\r\n`;
}

/** What of a message TOP shows: the header, the empty line and so many lines of the body. RFC 1939 §7. */
export function asTopReceived(message: Uint8Array, bodyLines: number): string {
  const lines = asReceived(message).split(/(?<=\r\n)/);
  const emptyLine = lines.indexOf("\r\n");
  return (emptyLine === -1 ? lines : lines.slice(0, emptyLine + 1 + bodyLines)).join("");
}
