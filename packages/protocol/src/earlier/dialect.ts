import type { CommandLine } from "../command-line.ts";
import type { Effect } from "../decision.ts";
import type { Fault } from "../fault.ts";
import type { ScanListing } from "../scan-listing.ts";
import type { Link, State } from "../verb.ts";

/** What a session of an earlier version does next: the state it is in then, and what it says and wants. */
export interface Turn<S> {
  readonly state: S;
  /** A line to say, without its CRLF. */
  readonly reply?: string;
  /**
   * Why the command was refused; said in the words of the dialect, unless the connection is to be closed in
   * silence.
   */
  readonly fault?: Fault;
  readonly effect?: Effect;
  /**
   * The session is over once that is said. `silently`: nothing of a fault is said, it would be taken for
   * mail.
   */
  readonly end?: "with-a-word" | "silently";
}

/**
 * A version of the protocol before the third, as a pure machine: states are plain values, and each function
 * goes from one to the next. What all of them need around that (framing, limits, one effect at a time) is
 * `EarlierSession`.
 */
export interface Dialect<S> {
  readonly initial: S;
  readonly keywords: ReadonlySet<string>;
  /** The first line. */
  greeting(text: string): string;
  /** A fault in words. */
  refusal(fault: Fault): string;
  /** The state of POP3 that comes nearest. */
  stateOf(state: S): State;
  /** A line that was no command. */
  refuse(state: S, fault: Fault): Turn<S>;
  obey(state: S, command: CommandLine, link: Link): Turn<S>;
  /** The outcome of `check-password`. */
  checked(state: S, fault: Fault | undefined): Turn<S>;
  /** The outcome of `authenticate` and `open`. */
  opened(state: S, outcome: ScanListing | Fault): Turn<S>;
  /** A message has been handed to the connection. */
  sent(state: S): Turn<S>;
  /** The outcome of `update`. */
  updated(state: S, fault: Fault | undefined): Turn<S>;
}
