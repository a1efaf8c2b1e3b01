/**
 * What an operation came to, as far as its client knows.
 *
 * `refused`: the server said that nothing happened. `unknown`: no answer, or one that leaves it open; it may
 * have happened, may happen later, or never.
 */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** One line of the scan listing and the unique-id listing together. */
export interface ListedMessage {
  readonly number: number;
  readonly uniqueId: string;
  readonly octets: number;
}

/**
 * What a client did. `content` names what a message says: two messages with the same one are copies of each
 * other.
 */
export type Act =
  | { readonly do: "deliver"; readonly content: string; readonly outcome: Outcome }
  | { readonly do: "login"; readonly outcome: Outcome }
  | { readonly do: "list"; readonly messages: readonly ListedMessage[] }
  | { readonly do: "retrieve"; readonly number: number; readonly content: string; readonly octets: number }
  /** DELE that was answered, or may have been heard. */
  | { readonly do: "mark"; readonly number: number; readonly outcome: Outcome }
  | { readonly do: "quit"; readonly outcome: Outcome }
  /** The client is gone without QUIT, or its connection is. */
  | { readonly do: "drop" };

/** An act, by whom and when. Times are of one clock that only goes forward, whatever its unit. */
export type Operation = Act & {
  /** A POP session, or for `deliver` any name. */
  readonly session: string;
  readonly maildrop: string;
  /** Just before it was asked for. */
  readonly from: number;
  /** Just after the answer, or after giving up. */
  readonly to: number;
};
