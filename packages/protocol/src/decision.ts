import type { BulletinBoard } from "./bulletin-board.ts";
import type { Fault } from "./fault.ts";
import type { MessageNumber } from "./message-number.ts";
import type { Reply } from "./reply.ts";

/** What the session needs from the world outside before it reads the next command. */
export type Effect =
  /** Check the name and password, open the maildrop; then `opened`. */
  | { readonly do: "authenticate"; readonly name: string; readonly password: Uint8Array }
  /**
   * Check the name and password, open nothing; then `checked`. RFC 918 opens a maildrop for each reading of
   * it.
   */
  | { readonly do: "check-password"; readonly name: string; readonly password: Uint8Array }
  /** Open the maildrop of the login, which has been checked and is not open; then `opened`. */
  | { readonly do: "open" }
  /** Check the digest over that timestamp, open the maildrop; then `opened`. RFC 1939 §7. */
  | { readonly do: "verify-apop"; readonly name: string; readonly digest: string; readonly timestamp: string }
  /**
   * Begin a SASL exchange with the initial response, `undefined` if there was none; then `challenged`, or
   * `opened` as for `authenticate`. RFC 5034 §4.
   */
  | {
      readonly do: "start-exchange";
      /** In upper case; as the client wrote it, so perhaps none that there is. */
      readonly mechanism: string;
      readonly response: Uint8Array | undefined;
    }
  /** Go on with it; then `challenged` or `opened`. */
  | { readonly do: "continue-exchange"; readonly response: Uint8Array }
  /** Forget it, the client has been told; then `resume`. */
  | { readonly do: "cancel-exchange" }
  /**
   * Let somebody in without a proof, because of where he connects from; open the maildrop; then `opened`.
   * RFC 1081.
   */
  | {
      readonly do: "verify-rpop";
      readonly name: string;
      /** Who he is on his own host. */
      readonly clientUser: string;
    }
  /** Find how the message came in; then `enveloped`. */
  | { readonly do: "find-envelope"; readonly number: MessageNumber }
  /**
   * Send `status`, the message in wire form and the termination; then `resume`. Or send nothing, and
   * `refuse`. `bodyLines`, a safe integer, limits the body (RFC 1939 §7, TOP); `undefined` sends all of it.
   * `isCounted`: the client knows how many octets come (RFC 937), so without byte-stuffing and termination.
   */
  | {
      readonly do: "send-message";
      readonly number: MessageNumber;
      readonly bodyLines: number | undefined;
      readonly status: string;
      readonly isCounted?: true;
    }
  /**
   * Send these octets as fast as the client takes them, letting other sessions run in between; then `resume`.
   */
  | { readonly do: "send-slices"; readonly slices: Iterator<Uint8Array> }
  /** Wait until the client has taken what was written; then `resume`. */
  | { readonly do: "flush" }
  /** Once the reply is written, begin the TLS handshake; then `tlsStarted`. RFC 2595 §4. */
  | { readonly do: "start-tls" }
  /** Remove these messages durably, give the maildrop back; then `updated`. RFC 1939 §6. */
  | ({ readonly do: "update" } & Leaving)
  /** See how far the numbers of these bulletin boards go, in this order; then `surveyed`. RFC 1082. */
  | {
      readonly do: "survey-boards";
      readonly boards: readonly BulletinBoard[];
      /** The lines that are made of it; `undefined` is for a board that is none for this login. */
      readonly lines: (maxima: readonly (number | undefined)[]) => readonly string[] | Fault;
    }
  /** Open the board, then do as for `update`; then `switched`. RFC 1082. */
  | ({ readonly do: "open-board"; readonly board: BulletinBoard; readonly isArchive: boolean } & Leaving)
  /** Once the reply is written, close the connection. */
  | { readonly do: "close"; readonly reason: EndReason };

/** With what a session leaves its maildrop. */
export interface Leaving {
  readonly deleted: readonly MessageNumber[];
  /** The uid up to which messages have been retrieved, where that is new and to be remembered. RFC 1460. */
  readonly lastUid?: number | undefined;
}

/** Why a session closes its connection; `refused`: where the first refused command is the last (RFC 937). */
export type EndReason = "quit" | "refused" | "too-many-faults" | "dismissed";

/** What a command comes to: a reply, perhaps with lines after it, perhaps something to do; or a failure. */
export type Decision =
  | { readonly reply?: Reply; readonly lines?: readonly string[]; readonly effect?: Effect }
  | Fault;

/** Sees that the outcome which came is one of what is pending. @throws Error, a bug of the driver. */
export function checkAsked(pending: Effect["do"] | undefined, expected: readonly Effect["do"][]): void {
  if (pending !== undefined && expected.includes(pending)) return;
  throw new Error(`session: not ${expected.join(" or ")} was asked for, but ${pending ?? "nothing"}`);
}
