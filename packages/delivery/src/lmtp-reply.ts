import type { AcceptedRecipient, RefusedRecipient } from "./deliverer.ts";
import type { Refusal } from "./refusal.ts";

/** A negative reply, in the form in which smtp-server takes it. */
export class NegativeReply extends Error {
  override readonly name = "NegativeReply";
  readonly responseCode: number;

  /** @param text begins with the enhanced status code. RFC 2034 §4. */
  constructor(responseCode: number, text: string) {
    super(text);
    this.responseCode = responseCode;
  }
}

/** Longer recipients are not named in replies, which have 512 octets. RFC 5321 §4.5.3.1.3, §4.5.3.1.5. */
const namedOctetsMax = 256;

/** The only place where refusals become words on the wire. RFC 5321 §4.2, RFC 3463. */
export function negativeReplyTo(refusal: Refusal): NegativeReply {
  switch (refusal.reason) {
    case "unknown-recipient":
      return new NegativeReply(550, "5.1.1 No such recipient");
    case "over-quota":
      return new NegativeReply(452, "4.2.2 The maildrop is full");
    case "message-too-big":
      return new NegativeReply(552, "5.3.4 The message is too big");
    case "storage-down":
      return new NegativeReply(451, "4.3.0 The store is down, try again later");
    case "spool-full":
      return new NegativeReply(452, "4.3.1 No room for the message now, try again later");
    // Nobody imports by LMTP.
    case "unique-id-used":
    case "message-cut-short":
    case "spool-failed":
    case "internal-error":
      return new NegativeReply(451, "4.3.0 Local error, try again later");
  }
}

/** The reply for one recipient after the end of the message. RFC 2033 §4.2. */
export function replyTo(
  outcome: AcceptedRecipient | RefusedRecipient,
  messageId: string,
): string | NegativeReply {
  if ("refusal" in outcome) return negativeReplyTo(outcome.refusal);
  const isNamed = Buffer.byteLength(outcome.recipient) <= namedOctetsMax;
  return `2.0.0 ${isNamed ? `<${outcome.recipient}> ` : ""}stored, id ${messageId}`;
}
