import { createHash } from "node:crypto";
import { isMeant, type LiveSession, type SessionQuery } from "@poplar/maildrop";
import { type Fault, messageNumberAt, type PackedEntries, type ScanListing } from "@poplar/protocol";
import type { ListenerName, SessionSummary } from "@poplar/telemetry";
import { Entrance } from "./entrance.ts";

/** What is known of a session from accept to close, for its one line in the log. */
export class SessionRecord {
  readonly sessionId: string;
  readonly listener: ListenerName;
  readonly address: string;
  readonly #startedMs: number;
  /** By the calendar, and the same whenever it is asked for: lists go on from it. */
  readonly #sinceMs = Date.now();
  commands = 0;
  messagesRetrieved = 0;
  octetsSent = 0;
  messagesDeleted = 0;
  login: string | undefined;
  mechanism: string | undefined;
  tlsVersion: string | undefined;
  tlsCipher: string | undefined;
  listing: ScanListing | undefined;
  lastRefusal: Fault["fault"] | undefined;
  /** Before `login` is set. */
  readonly entrance: Entrance = new Entrance();

  constructor(sessionId: string, listener: ListenerName, address: string, startedMs: number) {
    this.sessionId = sessionId;
    this.listener = listener;
    this.address = address;
    this.#startedMs = startedMs;
  }

  /** What an operator may see while it goes on. */
  live(): LiveSession {
    return {
      sessionId: this.sessionId,
      listener: this.listener,
      address: this.address,
      login: this.login,
      mechanism: this.mechanism,
      tlsVersion: this.tlsVersion,
      sinceMs: this.#sinceMs,
      commands: this.commands,
      octetsSent: this.octetsSent,
    };
  }

  /** Would it be one of those that are meant, once this login is its own? */
  readonly isMeantAs = (query: SessionQuery, login: string): boolean =>
    isMeant({ ...this.live(), login }, query);

  summary(endReason: string, nowMs: number): SessionSummary {
    return {
      sessionId: this.sessionId,
      listener: this.listener,
      address: this.address,
      login: this.login,
      mechanism: this.mechanism,
      tlsVersion: this.tlsVersion,
      tlsCipher: this.tlsCipher,
      commands: this.commands,
      messagesRetrieved: this.messagesRetrieved,
      octetsSent: this.octetsSent,
      messagesDeleted: this.messagesDeleted,
      durationMs: Math.round(nowMs - this.#startedMs),
      endReason,
      lastRefusal: this.lastRefusal,
      uniqueIdListingHash: this.listing === undefined ? undefined : uniqueIdListingHash(this.listing),
    };
  }
}

/** Sessions share the entries of a maildrop that has not changed. */
const hashes = new WeakMap<PackedEntries, string>();

/**
 * Two listings of one maildrop have the same hash when they show the same unique-ids. Made from the uids,
 * which a unique-id follows from; the texts of 100,000 of them would cost more than the session.
 */
export function uniqueIdListingHash(listing: ScanListing): string {
  const { entries } = listing;
  const known = hashes.get(entries);
  if (known !== undefined) return known;
  const made = createHash("sha256").update(entries.uids);
  if (listing.opened > 0) made.update(listing.uniqueIdOf(messageNumberAt(0)));
  const hash = made.digest("hex").slice(0, 16);
  hashes.set(entries, hash);
  return hash;
}
