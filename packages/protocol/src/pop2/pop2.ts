import { type CommandLine, isEmpty, textOf, wordsOf } from "../command-line.ts";
import { checkedName } from "../commands/name-argument.ts";
import type { Dialect, Turn } from "../earlier/dialect.ts";
import { isOwnMaildrop } from "../earlier/maildrop-name.ts";
import { quotedWords } from "../earlier/quoted-words.ts";
import { type Fault, isFault, replyTo, syntax } from "../fault.ts";
import { type MessageNumber, parseNumber } from "../message-number.ts";
import type { ScanListing } from "../scan-listing.ts";
import { ENGLISH } from "../texts/speech.ts";
import { isPasswordAcceptable, type Link, type State } from "../verb.ts";

/**
 * Where a session is: the states of RFC 937's server decision table, and those in which it waits for the
 * world outside (`LOGIN`, `FOLDING`, `LEAVING`).
 */
export type Pop2State =
  | { readonly at: "AUTH" }
  | { readonly at: "LOGIN"; readonly login: string }
  | (Selected & { readonly at: "MBOX" | "ITEM" | "NEXT" })
  /**
   * The maildrop is being given back; then it is opened again, or the client has chosen one that does not
   * exist.
   */
  | { readonly at: "FOLDING"; readonly login: string; readonly isOwn: boolean }
  | { readonly at: "LEAVING" };

/** A mailbox and the message in it that is read next. */
interface Selected {
  readonly login: string;
  /** `undefined`: one that does not exist. */
  readonly listing: ScanListing | undefined;
  readonly current: number;
}

type Handler = (state: Pop2State, argument: Uint8Array | undefined, link: Link) => Turn<Pop2State>;

/** RFC 937, Server Decision Table, 1: the error is said, and the connection closed. */
const garbage = (fault: Fault): Turn<Pop2State> => ({
  state: { at: "LEAVING" },
  fault,
  end: "with-a-word",
});

const wrongState = (verb: string): Turn<Pop2State> => garbage({ fault: "wrong-state", verb });

const COMMANDS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["HELO", helo],
  ["FOLD", fold],
  ["READ", read],
  ["RETR", retr],
  ["ACKS", (state) => acknowledge(state, "ACKS")],
  ["ACKD", (state) => acknowledge(state, "ACKD")],
  ["NACK", (state) => acknowledge(state, "NACK")],
  ["QUIT", quit],
]);

const ARGUMENT_FREE: ReadonlySet<string> = new Set(["RETR", "ACKS", "ACKD", "NACK", "QUIT"]);

/**
 * The Post Office Protocol, version 2. RFC 937.
 *
 * Messages marked by ACKD go when the mailbox is released by FOLD or QUIT. A connection that ends otherwise
 * releases it too, and then nothing goes, as in POP3 (RFC 1939 §6): a message too many is better than one too
 * few.
 */
export const POP2: Dialect<Pop2State> = {
  initial: { at: "AUTH" },
  keywords: new Set(COMMANDS.keys()),
  greeting: (text) => `+ POP2 ${text}`,
  refusal: (fault) => `- ${ENGLISH.text(replyTo(fault))}`,
  stateOf,
  refuse: (_state, fault) => garbage(fault),
  obey: (state, { keyword, argument }: CommandLine, link) => {
    const handler = COMMANDS.get(keyword);
    if (handler === undefined) return garbage({ fault: "unknown-command" });
    if (ARGUMENT_FREE.has(keyword) && !isEmpty(argument)) {
      return garbage(syntax("no-argument", keyword));
    }
    return handler(state, argument, link);
  },
  checked: () => {
    throw new Error("session: POP2 opens the maildrop with the login");
  },
  opened,
  sent: (state) => ({ state: state.at === "ITEM" ? { ...state, at: "NEXT" } : state }),
  updated,
};

function stateOf({ at }: Pop2State): State {
  return at === "AUTH" || at === "LOGIN" ? "AUTHORIZATION" : "TRANSACTION";
}

function helo(state: Pop2State, argument: Uint8Array | undefined, link: Link): Turn<Pop2State> {
  if (state.at !== "AUTH") return wrongState("HELO");
  if (!isPasswordAcceptable(link)) return garbage({ fault: "tls-required" });
  const [login, password, ...more] = quotedWords(argument) ?? [];
  const name = checkedName(textOf(login));
  if (isFault(name)) return garbage(name);
  if (name === "" || password === undefined || more.length > 0) {
    return garbage(syntax("helo-arguments"));
  }
  return { state: { at: "LOGIN", login: name }, effect: { do: "authenticate", name, password } };
}

function fold(state: Pop2State, argument: Uint8Array | undefined): Turn<Pop2State> {
  if (state.at !== "MBOX" && state.at !== "ITEM") return wrongState("FOLD");
  // The name of a mailbox may have spaces in it, quoted or not. RFC 937, Formal Syntax.
  const wanted = quotedWords(argument)?.map(textOf).join(" ");
  if (wanted === undefined || wanted === "") return garbage(syntax("fold-argument"));
  const { login, listing } = state;
  const next: Pop2State = { at: "FOLDING", login, isOwn: isOwnMaildrop(wanted, login) };
  return listing === undefined
    ? folded(next)
    : { state: next, effect: { do: "update", deleted: listing.deleted } };
}

/** The mailbox before it has been released. A mailbox that does not exist has no messages. RFC 937, FOLD. */
function folded(state: Pop2State & { readonly at: "FOLDING" }): Turn<Pop2State> {
  return state.isOwn
    ? { state, effect: { do: "open" } }
    : { state: selected(state.login, undefined), reply: "#0 messages" };
}

function read(state: Pop2State, argument: Uint8Array | undefined): Turn<Pop2State> {
  if (state.at !== "MBOX" && state.at !== "ITEM") return wrongState("READ");
  const words = wordsOf(argument);
  const number = words[0] === undefined ? state.current : parseNumber(words[0]);
  if (words.length > 1 || number === undefined) return garbage(syntax("read-argument"));
  return item({ ...state, current: number });
}

function retr(state: Pop2State): Turn<Pop2State> {
  if (state.at !== "ITEM") return wrongState("RETR");
  const number = messageAt(state);
  // RFC 937, RETR: to ask for a message of no characters is to ask for the end.
  if (number === undefined || octetsAt(state) === 0) {
    return { state: { at: "LEAVING" }, fault: { fault: "no-such-message" }, end: "silently" };
  }
  return {
    state,
    effect: { do: "send-message", number, bodyLines: undefined, status: "", isCounted: true },
  };
}

function acknowledge(state: Pop2State, verb: "ACKS" | "ACKD" | "NACK"): Turn<Pop2State> {
  if (state.at !== "NEXT") return wrongState(verb);
  const number = messageAt(state);
  if (verb === "ACKD" && number !== undefined) state.listing?.markDeleted(number);
  return item({ ...state, current: verb === "NACK" ? state.current : state.current + 1 });
}

function quit(state: Pop2State): Turn<Pop2State> {
  switch (state.at) {
    case "AUTH":
      return { state: { at: "LEAVING" }, reply: "+ bye", end: "with-a-word" };
    case "MBOX":
    case "ITEM":
      if (state.listing === undefined) {
        return { state: { at: "LEAVING" }, reply: "+ bye", end: "with-a-word" };
      }
      return { state: { at: "LEAVING" }, effect: { do: "update", deleted: state.listing.deleted } };
    default:
      return wrongState("QUIT");
  }
}

function opened(state: Pop2State, outcome: ScanListing | Fault): Turn<Pop2State> {
  if (state.at !== "LOGIN" && state.at !== "FOLDING") throw new Error(`POP2: opened in ${state.at}`);
  if (isFault(outcome)) return garbage(outcome);
  return { state: selected(state.login, outcome), reply: `#${outcome.opened} messages` };
}

function updated(state: Pop2State, fault: Fault | undefined): Turn<Pop2State> {
  if (fault !== undefined) return garbage(fault);
  if (state.at === "FOLDING") return folded(state);
  return { state, reply: "+ bye", end: "with-a-word" };
}

const selected = (login: string, listing: ScanListing | undefined): Pop2State => ({
  at: "MBOX",
  login,
  listing,
  current: 1,
});

/**
 * How long the current message is; 0 for one that is not there, or marked as deleted. RFC 937, Message
 * Length.
 */
const item = (state: Selected): Turn<Pop2State> => ({
  state: { ...state, at: "ITEM" },
  reply: `=${octetsAt(state)} characters in message ${state.current}`,
});

const messageAt = ({ listing, current }: Selected): MessageNumber | undefined =>
  listing?.has(current) === true ? current : undefined;

function octetsAt(state: Selected): number {
  const number = messageAt(state);
  return number === undefined ? 0 : (state.listing?.octetsOf(number) ?? 0);
}
