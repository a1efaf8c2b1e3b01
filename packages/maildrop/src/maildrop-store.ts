import type { Envelope, Fault, MessageNumber, ScanListing } from "@poplar/protocol";
import type { Holder, MaildropId, View } from "./identity.ts";

/** Which maildrop to open, and for whom. The caller holds the lease. */
export interface OpenRequest {
  readonly maildropId: MaildropId;
  readonly view: View;
  readonly holder: Holder;
  /** Without a lease: raises no fence, and may remove nothing. */
  readonly isReadOnly?: true;
}

/** Where maildrops lie. Implemented by `storage`, called through `openMaildrop`. */
export interface MaildropStore {
  /**
   * Raises the fence, then lists: in this order and in two snapshots, so that whatever an earlier session
   * commits is either in the listing or refused.
   *
   * @returns the maildrop, or `storage-down`.
   */
  open(request: OpenRequest): Promise<OpenMaildrop | Fault>;
}

/**
 * How much of a message is wanted: all of it, or its header and so many lines of its body (RFC 1939 §7, TOP).
 */
export type Extent = "whole" | { readonly bodyLines: number };

/** A maildrop as one session sees it. What it was shown at its start stays true to its end. */
export interface OpenMaildrop {
  readonly listing: ScanListing;
  /**
   * Begins to read a message in wire form.
   *
   * Answers without a promise when the octets are already here: clients read message after message, and the
   * store reads ahead. For an extent of some body lines it reads about that much; where exactly to stop is
   * the reader's business (`TopCut`).
   *
   * @returns a reader; `no-such-message` when it was removed behind this session's back; `storage-down`.
   */
  read(number: MessageNumber, extent: Extent): MaybePromise<MessageReader | Fault>;
  /** Finds how a message came in. @returns `no-such-message` and `storage-down` as `read` does. */
  envelope(number: MessageNumber): MaybePromise<Envelope | Fault>;
  /** How many messages of the listing come before the first one that arrived in the last so many days. */
  countOlder(days: number): Promise<number | Fault>;
  /**
   * The client has been sent all of a message; only QUIT makes anything of it, by `remove`. Absent: nothing
   * follows from it, and `remove` need not be called for no messages.
   */
  retrieved?(number: MessageNumber): void;
  /**
   * Removes these messages, or none of them. Resolves only when that is durable.
   *
   * @returns `undefined` when they are gone; `read-only` where it was opened so; `lease-lost` when a later
   *   session has opened the maildrop; `storage-down` when nothing was removed or, after a lost connection,
   *   when all or nothing was.
   * @param keepDays for so long they are hidden and can be restored; 0 when absent: they are gone.
   */
  remove(numbers: readonly MessageNumber[], keepDays?: number): Promise<Fault | undefined>;
  /** Gives back what is held for reading ahead. Safe to call twice. */
  close(): void;
}

/** A message on its way out, in wire form: CRLF, byte-stuffed, without the terminating ".". */
export interface MessageReader {
  /**
   * The next octets in order, `undefined` after the last, or a fault when the store failed underway.
   *
   * Holds one window (at most 256 KiB) whatever the size of the message.
   */
  next(): MaybePromise<Uint8Array | undefined | Fault>;
  /** Nothing refers to these octets of `next` any more: their memory may be used again. May be left out. */
  giveBack?(octets: Uint8Array): void;
}

/** Sync when it can be: a promise per small message costs more than the message. */
export type MaybePromise<T> = T | Promise<T>;
