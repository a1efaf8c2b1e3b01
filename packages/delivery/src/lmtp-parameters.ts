import { NegativeReply } from "./lmtp-reply.ts";

/** Commands that begin with an address, as smtp-server names them, and the parameters that each may have. */
const ANNOUNCED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["mail from", new Set(["SIZE", "BODY", "SMTPUTF8"])],
  ["rcpt to", new Set<string>()],
]);

// oxlint-disable-next-line no-control-regex -- NUL to DEL are what ASCII is
const ASCII = /^[\u0000-\u007f]*$/;

/** An address with parameters, and whether the transaction may hold more than ASCII. */
export interface Addressed {
  /** `mail from` or `rcpt to`. */
  readonly command: string;
  readonly address: string;
  /** In upper case. */
  readonly parameters: readonly string[];
  /** The client has said SMTPUTF8, or had no occasion to. */
  readonly isSmtpUtf8: boolean;
}

/**
 * What is wrong with a MAIL or RCPT that is well-formed: a parameter that was not announced, so that nobody
 * relies on what does not happen (RFC 5321 §4.1.1.11); or an address beyond ASCII in a transaction that was
 * not declared so (RFC 6531 §3.4): clients without UTF8 would get it raw in the trace header.
 */
export function flawOf({ command, address, parameters, isSmtpUtf8 }: Addressed): NegativeReply | undefined {
  const unknown = parameters.find((parameter) => ANNOUNCED.get(command)?.has(parameter) !== true);
  if (unknown !== undefined) {
    const verb = command.slice(0, 4).toUpperCase();
    return new NegativeReply(555, `5.5.4 Error: ${unknown.slice(0, 64)} is not a parameter of ${verb} here`);
  }
  if (isSmtpUtf8 || ASCII.test(address)) return undefined;
  return new NegativeReply(553, "5.6.7 Error: that address needs SMTPUTF8");
}
