import type { Fixture } from "./fixture.ts";

/** One conversation, in the notation of the RFCs. The notation is described in the README of this package. */
export interface Dialogue {
  /** A sentence about behaviour. */
  readonly name: string;
  /** Statements of the design that it tests, e.g. "T4". */
  readonly statements: readonly string[];
  readonly fixture: Fixture;
  /** Where it makes sense: on a connection that begins with TLS, or without; `undefined` for both. */
  readonly over: "plaintext" | "tls" | undefined;
  /** What each connection does before the first step: nothing, read the greeting, or log in too. */
  readonly state: "AUTHORIZATION" | "TRANSACTION" | undefined;
  readonly steps: readonly Step[];
}

/** One line of a dialogue. */
export interface Step {
  /** Number of the line in its file. */
  readonly line: number;
  /** Which connection, counted from 1; it is made when it is first needed. */
  readonly connection: number;
  readonly by: "C" | "S";
  /** As it is written, for the transcript. */
  readonly text: string;
  readonly act: Act;
}

/** What the client does or the server has to do. */
export type Act =
  | { readonly do: "send"; readonly text: string }
  /** What follows goes out in a segment of its own. */
  | { readonly do: "pause" }
  | { readonly do: "log-in" }
  | { readonly do: "start-tls" }
  | { readonly do: "close" }
  | { readonly do: "reset" }
  | { readonly do: "expect-line"; readonly pattern: string }
  | { readonly do: "expect-closed" }
  /** Lines up to the termination: the ones that have to be among them, the ones that must not. */
  | { readonly do: "expect-lines"; readonly with: readonly string[]; readonly without: readonly string[] }
  /** Lines up to the termination, to be compared with others of that name. */
  | { readonly do: "expect-same-lines"; readonly name: string }
  | { readonly do: "expect-message"; readonly message: number; readonly bodyLines: number | undefined }
  /** So many octets as the message has, neither byte-stuffed nor terminated. RFC 937. */
  | { readonly do: "expect-counted"; readonly message: number };
