import type { MaildropId } from "./identity.ts";

/** Why a message could not be taken for a recipient. The name is the reason id in logs and metrics. */
export type DeliveryFault =
  | { readonly deliveryFault: "unknown-recipient" }
  | { readonly deliveryFault: "over-quota" }
  /** An imported message with a unique-id that the maildrop has, or has had: no unique-id is used again. */
  | { readonly deliveryFault: "unique-id-used" }
  | { readonly deliveryFault: "storage-down"; readonly cause: unknown };

export const isDeliveryFault = (value: unknown): value is DeliveryFault =>
  typeof value === "object" && value !== null && "deliveryFault" in value;

/** An envelope recipient and the maildrop it leads to. RFC 2033, RFC 5321 §3.6. */
export interface ResolvedRecipient {
  /** As it stood in RCPT TO, without the angle brackets. */
  readonly recipient: string;
  readonly maildropId: MaildropId;
}

/** Leads envelope recipients to maildrops. */
export interface RecipientDirectory {
  /**
   * Resolves an address: itself first, then without its subaddress (`user+tag`), then the catch-all of its
   * domain. The domain and the local part are compared without regard to case.
   *
   * @returns `over-quota` already here when the maildrop has no room at all.
   */
  resolveRecipient(recipient: string): Promise<ResolvedRecipient | DeliveryFault>;
}

/** A message in wire form that can be read again for each recipient: in memory when small, else spooled. */
export interface WireContent {
  /** Octets before byte-stuffing, as RFC 1939 §11 counts them. */
  readonly octets: number;
  /** Where the body begins: octets of the header and the empty line, in wire form. */
  readonly headerWireOctets: number;
  /** Octets in wire form, that is byte-stuffed. */
  readonly wireOctets: number;
  /**
   * Internationalised mail, declared so (RFC 6531 §3.4) and with UTF-8 in a header (RFC 6532); absent: it is
   * not.
   */
  readonly isInternationalised?: boolean;
  /** The octets in order, in slices of any size; a new reading each time it is called. */
  slices(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** One recipient's copy: what its trace header adds in front of the common content. */
export interface DeliveryCopy {
  readonly resolved: ResolvedRecipient;
  /** Return-Path, Delivered-To and Received in wire form: CRLF lines, none of them beginning with a dot. */
  readonly traceHeader: Uint8Array;
  /**
   * Octets of the surrogate of an internationalised copy, trace header and all, as RFC 1939 §11 counts them;
   * absent: not known, and nobody sees a surrogate yet. RFC 6858.
   */
  readonly surrogateOctets?: number;
}

/** One message for all recipients of one LMTP transaction. */
export interface Delivery {
  /** Envelope reverse-path without the angle brackets; empty for the null reverse-path. */
  readonly reversePath: string;
  readonly copies: readonly DeliveryCopy[];
  readonly content: WireContent;
  /** Present for mail that another server has kept until now. */
  readonly imported?: ImportedAs;
}

/** What a message stays that clients have seen on another server: they take it for the same. */
export interface ImportedAs {
  /** 1 to 70 characters of 0x21–0x7E. RFC 1939 §7. */
  readonly uniqueId: string;
  readonly receivedAt: Date;
}

/** Takes mail in. Implemented by `storage`, called by `delivery`. */
export interface DeliveryStore extends RecipientDirectory {
  /**
   * Stores the message for all recipients in one transaction, durable when it resolves.
   *
   * @returns one outcome for each copy, in order: the uid that the message got, or why this recipient has
   * none.
   */
  deliver(delivery: Delivery): Promise<readonly (number | DeliveryFault)[]>;
}
