/** A domain or an address literal. RFC 5321 §4.1.2, §4.1.3. */
const ASCII_NAME = /^(?:[A-Za-z0-9._-]{1,255}|\[[\w.:-]{1,64}\])$/;
const NAME = /^(?:[\p{L}\p{N}\p{M}._-]{1,255}|\[[\w.:-]{1,64}\])$/u;

/** Where a message comes from: its reverse-path, and what its Received field says. RFC 5321 §4.4. */
export interface Origin {
  /** Of the LMTP connection, or of the request, that brought it; also in the events. */
  readonly sessionId: string;
  /** Names the message in its Received field, in replies and for people who search. */
  readonly id: string;
  /** Without the angle brackets; empty for the null reverse-path. */
  readonly reversePath: string;
  /** From IANA's mail transmission types, e.g. `LMTP`; `HTTP` where there is none. */
  readonly protocol: string;
  /** The client declared internationalised mail with MAIL (RFC 6531 §3.4). */
  readonly isSmtpUtf8?: boolean;
  /**
   * The name that the client gave itself, and its address if it has one; absent when this host made the
   * message.
   */
  readonly client?: { readonly name: string; readonly address: string | undefined };
}

/** What the trace header of one recipient's copy is made from. */
export interface TraceFields {
  readonly origin: Origin;
  readonly recipient: string;
  /** Name of this host. */
  readonly hostname: string;
  readonly at: Date;
}

/**
 * Return-Path, Delivered-To and Received of one recipient's copy, in wire form. RFC 5321 §4.4.
 *
 * Each copy names its own recipient only: the others may be blind copies.
 */
export function traceHeader({ origin, recipient, hostname, at }: TraceFields): Uint8Array {
  const from = origin.client === undefined ? "" : `from ${clientDomain(origin, origin.client)}\r\n\t`;
  const date = at.toUTCString().replace("GMT", "+0000");
  return Buffer.from(
    `Return-Path: <${printable(origin.reversePath)}>\r\n` +
      `Delivered-To: ${printable(recipient)}\r\n` +
      `Received: ${from}by ${hostname} with ${origin.protocol} id ${origin.id}\r\n` +
      `\tfor <${printable(recipient)}>; ${date}\r\n`,
  );
}

/**
 * A client may call itself anything: only what has the form of a name is one, in ASCII where nothing else was
 * declared (RFC 6531 §3.7.3).
 */
function clientDomain({ isSmtpUtf8 }: Origin, { name, address }: NonNullable<Origin["client"]>): string {
  const isName = (isSmtpUtf8 === true ? NAME : ASCII_NAME).test(name);
  if (address === undefined) return `${isName ? name : "unknown"} (local)`;
  return `${isName ? name : "unknown"} ([${address.includes(":") ? "IPv6:" : ""}${address}])`;
}

/** A line feed in an address would begin a header field of the sender's choice. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "?");
