import { downgradeAddress } from "./surrogate/address-list.ts";

/** How a message came in. RFC 5321 §3.3. */
export interface Envelope {
  /** Name of the maildrop, of a host with SDPS. */
  readonly maildrop: string;
  /** Without the angle brackets; empty for the null reverse-path. */
  readonly reversePath: string;
  /** The recipient that led here, without the angle brackets. */
  readonly recipient: string;
}

// oxlint-disable-next-line no-control-regex -- what would break a line or a terminal
const CONTROL = /[\u0000-\u001f\u007f]/g;

/**
 * Lines of the answer to `*ENV`: unique-id, maildrop, reverse-path, recipient.
 *
 * Clients read the third and the fourth. They take a line of white space alone for the null reverse-path, and
 * an empty one for a fault.
 *
 * @param isUtf8 the client has said UTF8; others see nobody's address in the place of one that is not ASCII,
 *   as in the header of a surrogate. A refusal would be worse: fetchmail waits behind it for the termination.
 */
export function envelopeLines(uniqueId: string, envelope: Envelope, isUtf8: boolean): readonly string[] {
  const { maildrop, reversePath, recipient } = envelope;
  return [uniqueId, maildrop, reversePath === "" ? " " : reversePath, recipient].map((line) => {
    const clean = line.replace(CONTROL, "?");
    return isUtf8 ? clean : downgradeAddress(clean);
  });
}
