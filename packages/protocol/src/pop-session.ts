import type { Effect } from "./decision.ts";
import type { Envelope } from "./envelope.ts";
import type { Fault } from "./fault.ts";
import type { MessageNumber } from "./message-number.ts";
import type { ScanListing } from "./scan-listing.ts";
import type { MailTerms, State } from "./verb.ts";

/**
 * One session without a socket, whichever version of the protocol it speaks, as a driver knows it: octets in,
 * replies and effects out, the outcome of each effect in. What each of these does, `Session` says.
 */
export interface PopSession {
  readonly state: State;
  readonly heldOctets: number;
  greet(apopTimestamp?: string): void;
  receive(octets: Uint8Array): void;
  takeHeld(): Uint8Array;
  takeReplies(): string;
  next(): Effect | undefined;
  challenged(challenge: Uint8Array): void;
  /** The outcome of `check-password`. */
  checked(fault: Fault | undefined): void;
  /** @param lastUid up to which messages were retrieved in sessions before this one. RFC 1460 §5. */
  opened(outcome: ScanListing | Fault, terms?: MailTerms, lastUid?: number): void;
  enveloped(number: MessageNumber, outcome: Envelope | Fault): void;
  resume(): void;
  refuse(fault: Fault): void;
  tlsStarted(): void;
  updated(fault: Fault | undefined): void;
  surveyed(maxima: readonly (number | undefined)[] | Fault): void;
  /** The outcome of `open-board`. */
  switched(outcome: ScanListing | Fault, isLeft: boolean): void;
  dismiss(fault: Fault): void;
}
