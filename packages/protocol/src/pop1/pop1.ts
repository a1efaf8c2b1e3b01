import { type CommandLine, isEmpty, textOf } from "../command-line.ts";
import { checkedName } from "../commands/name-argument.ts";
import type { Dialect, Turn } from "../earlier/dialect.ts";
import { isOwnMaildrop } from "../earlier/maildrop-name.ts";
import { type Fault, isFault, replyTo, syntax } from "../fault.ts";
import { type MessageNumber, messageNumberAt } from "../message-number.ts";
import type { ScanListing } from "../scan-listing.ts";
import { ENGLISH } from "../texts/speech.ts";
import { isPasswordAcceptable, type Link } from "../verb.ts";

/**
 * Where a session is, or what it waits for (`CHECKING`, `OPENING`, `ENDING`). RFC 918, Combined Flow Diagram.
 */
export type Pop1State =
  | { readonly at: "NAMELESS" }
  | { readonly at: "NAMED"; readonly login: string }
  | { readonly at: "CHECKING"; readonly login: string }
  | { readonly at: "IDLE"; readonly login: string }
  | { readonly at: "OPENING"; readonly login: string; readonly isDeleting: boolean }
  | (Reading & { readonly at: "OPEN" | "SENDING" | "SENT" })
  /** The maildrop is being given back; `isQuitting`: and then the session is over. */
  | { readonly at: "ENDING"; readonly login: string; readonly isQuitting: boolean };

/** RETR or RDEL under way. */
interface Reading {
  readonly login: string;
  readonly isDeleting: boolean;
  readonly listing: ScanListing;
  /** Messages handed to the connection so far. */
  readonly sent: number;
}

type Handler = (state: Pop1State, argument: Uint8Array | undefined, link: Link) => Turn<Pop1State>;

const refused = (state: Pop1State, fault: Fault): Turn<Pop1State> => ({ state, fault });

const wrongState = (state: Pop1State, verb: string): Turn<Pop1State> =>
  refused(state, { fault: "wrong-state", verb });

const COMMANDS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["USER", user],
  ["PASS", pass],
  ["RETR", (state, argument) => begin(state, argument, false)],
  ["RDEL", (state, argument) => begin(state, argument, true)],
  ["RCEV", receive],
  // The flow diagram spells it so.
  ["RECV", receive],
  ["RCVD", received],
  ["RSET", (state) => (isReading(state) ? giveBack(state, []) : { state, reply: "+OK" })],
  ["NOOP", (state) => ({ state, reply: "+OK" })],
  ["QUIT", quit],
]);

const ARGUMENT_FREE: ReadonlySet<string> = new Set(["RCEV", "RECV", "RCVD", "RSET", "NOOP", "QUIT"]);

/**
 * The Post Office Protocol, version 1. RFC 918.
 *
 * A mailbox is read as a whole, as it lay on a TOPS-20: before each message a line `date,octets;flags`, which
 * tells a client where the next one begins. The lease is held from RETR or RDEL to RCVD or RSET.
 */
export const POP1: Dialect<Pop1State> = {
  initial: { at: "NAMELESS" },
  keywords: new Set(COMMANDS.keys()),
  greeting: (text) => `+OK POP1 ${text}`,
  refusal: (fault) => `-ERR ${ENGLISH.text(replyTo(fault))}`,
  stateOf: ({ at }) =>
    at === "NAMELESS" || at === "NAMED" || at === "CHECKING" ? "AUTHORIZATION" : "TRANSACTION",
  refuse: refused,
  obey: (state, { keyword, argument }: CommandLine, link) => {
    const handler = COMMANDS.get(keyword);
    if (handler === undefined) return refused(state, { fault: "unknown-command" });
    if (ARGUMENT_FREE.has(keyword) && !isEmpty(argument)) {
      return refused(state, syntax("no-argument", keyword));
    }
    return handler(state, argument, link);
  },
  checked,
  opened,
  sent: (state) => (state.at === "SENDING" ? sendNext({ ...state, sent: state.sent + 1 }) : { state }),
  updated: (state, fault) => {
    if (state.at !== "ENDING") throw new Error(`POP1: updated in ${state.at}`);
    const next: Pop1State = { at: "IDLE", login: state.login };
    const outcome: Turn<Pop1State> =
      fault === undefined ? { state: next, reply: "+OK" } : { state: next, fault };
    return state.isQuitting ? { ...outcome, end: "with-a-word" } : outcome;
  },
};

function user(state: Pop1State, argument: Uint8Array | undefined, link: Link): Turn<Pop1State> {
  if (state.at !== "NAMELESS" && state.at !== "NAMED") return wrongState(state, "USER");
  if (!isPasswordAcceptable(link)) return refused({ at: "NAMELESS" }, { fault: "tls-required" });
  const login = checkedName(textOf(argument));
  if (isFault(login)) return refused({ at: "NAMELESS" }, login);
  if (login === "") return refused({ at: "NAMELESS" }, syntax("name-needed"));
  return { state: { at: "NAMED", login }, reply: "+OK now the password" };
}

function pass(state: Pop1State, argument: Uint8Array | undefined): Turn<Pop1State> {
  if (state.at !== "NAMED") return wrongState(state, "PASS");
  if (argument === undefined) return refused({ at: "NAMELESS" }, syntax("password-needed"));
  const { login } = state;
  return {
    state: { at: "CHECKING", login },
    effect: { do: "check-password", name: login, password: argument },
  };
}

function checked(state: Pop1State, fault: Fault | undefined): Turn<Pop1State> {
  if (state.at !== "CHECKING") throw new Error(`POP1: checked in ${state.at}`);
  if (fault !== undefined) return refused({ at: "NAMELESS" }, fault);
  return { state: { at: "IDLE", login: state.login }, reply: "+OK" };
}

function begin(state: Pop1State, argument: Uint8Array | undefined, isDeleting: boolean): Turn<Pop1State> {
  if (state.at !== "IDLE") return wrongState(state, isDeleting ? "RDEL" : "RETR");
  const { login } = state;
  const wanted = textOf(argument);
  if (wanted === undefined || !isOwnMaildrop(wanted, login)) {
    return refused(state, syntax("no-such-maildrop"));
  }
  return { state: { at: "OPENING", login, isDeleting }, effect: { do: "open" } };
}

function opened(state: Pop1State, outcome: ScanListing | Fault): Turn<Pop1State> {
  if (state.at !== "OPENING") throw new Error(`POP1: opened in ${state.at}`);
  const { login, isDeleting } = state;
  if (isFault(outcome)) return refused({ at: "IDLE", login }, outcome);
  return {
    state: { at: "OPEN", login, isDeleting, listing: outcome, sent: 0 },
    reply: `#${mailboxOctets(outcome)} octets`,
  };
}

function receive(state: Pop1State): Turn<Pop1State> {
  return state.at === "OPEN" ? sendNext(state) : wrongState(state, "RCEV");
}

function sendNext(state: Reading): Turn<Pop1State> {
  const { listing, sent } = state;
  if (sent === listing.opened) return { state: { ...state, at: "SENT" } };
  const number = messageNumberAt(sent);
  const status = headLine(listing, number);
  return {
    state: { ...state, at: "SENDING" },
    effect: { do: "send-message", number, bodyLines: undefined, status, isCounted: true },
  };
}

function received(state: Pop1State): Turn<Pop1State> {
  if (state.at !== "SENT") return wrongState(state, "RCVD");
  return giveBack(state, state.isDeleting ? [...state.listing.present()] : []);
}

function quit(state: Pop1State): Turn<Pop1State> {
  return isReading(state) ? giveBack(state, [], true) : { state, reply: "+OK", end: "with-a-word" };
}

const isReading = (state: Pop1State): state is Pop1State & Reading =>
  state.at === "OPEN" || state.at === "SENT";

const giveBack = (
  { login }: Reading,
  deleted: readonly MessageNumber[],
  isQuitting = false,
): Turn<Pop1State> => ({
  state: { at: "ENDING", login, isQuitting },
  effect: { do: "update", deleted },
});

/** The date is that of no message: a listing has none. */
const headLine = (listing: ScanListing, number: MessageNumber): string =>
  ` 1-Jan-1970 00:00:00 +0000,${listing.octetsOf(number)};000000000000\r\n`;

/** What RCEV will send. */
function mailboxOctets(listing: ScanListing): number {
  let octets = 0;
  for (const number of listing.present())
    octets += headLine(listing, number).length + listing.octetsOf(number);
  return octets;
}
