/**
 * What a history must not show, in the words of the promises:
 *
 * - `delivery-lost` P5: an acknowledged message is missing, and no QUIT can have removed it
 * - `refused-delivery` P5: a message is there that was refused for good
 * - `delivered-twice` P5: one delivery has two unique-ids
 * - `foreign-content` P5: a message says what nobody delivered to this maildrop
 * - `deleted-unasked` P2: a message vanished without a QUIT that may have removed it
 * - `deletion-undone` P1: a message is back that an acknowledged QUIT had removed
 * - `deletion-torn` P1: some of what one QUIT marked is gone, and some is not
 * - `overtaken-deletion` P3: a session deleted although a later one had opened the maildrop
 * - `deleted-twice` P3: two acknowledged QUITs removed the same message
 * - `owned-twice` M: two sessions held the maildrop at once, and nothing had gone wrong
 * - `unique-id-reused` P4: a unique-id is back after it was gone, or stands for two messages
 * - `content-changed` P4: a unique-id stands for another content
 * - `octets-changed` P8: the size of a message is not what it was
 * - `listing-changed` P8: numbers, sizes or unique-ids changed within a session
 */
export type Rule =
  | "delivery-lost"
  | "refused-delivery"
  | "delivered-twice"
  | "foreign-content"
  | "deleted-unasked"
  | "deletion-undone"
  | "deletion-torn"
  | "overtaken-deletion"
  | "deleted-twice"
  | "owned-twice"
  | "unique-id-reused"
  | "content-changed"
  | "octets-changed"
  | "listing-changed";

/** A broken rule. */
export interface Violation {
  readonly rule: Rule;
  readonly maildrop: string;
  /** Who saw what, with the names of the sessions. */
  readonly evidence: string;
}
