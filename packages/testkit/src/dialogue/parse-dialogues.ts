import type { Envelope, Fault, MailTerms, PopVersion } from "@poplar/protocol";
import type { Act, Dialogue, Step } from "./dialogue.ts";
import {
  type FailingEffect,
  type Failure,
  type Fixture,
  type FixtureBoard,
  LOGIN,
  messageOfOctets,
} from "./fixture.ts";
import { octetsOf } from "./notation.ts";
import { SCRIPTED_MECHANISMS } from "./scripted-exchange.ts";

/** A dialogue, or what a file says for all of its dialogues, while it is being read. */
interface Draft {
  name: string;
  readonly statements: string[];
  readonly messages: Uint8Array[];
  readonly failures: Failure[];
  readonly steps: Step[];
  version: PopVersion;
  isPlaintextLoginAllowed: boolean;
  isTlsOffered: boolean;
  mechanisms: readonly string[];
  apopTimestamp: string | undefined;
  isSdpsOffered: boolean;
  areSurrogatesShown: boolean;
  isLastOffered: boolean;
  rpop: Fixture["rpop"];
  boards: FixtureBoard[] | undefined;
  terms: Fixture["terms"];
  readonly envelopes: Map<number, Envelope>;
  over: Dialogue["over"];
  state: Dialogue["state"];
}

const TITLE = /^## (?<name>.+)$/;
const STEP = /^(?:(?<connection>[1-9])> )?(?<by>[CS]):(?: (?:\((?<times>[0-9]+) times\) )?(?<text>.*))?$/;
const CONTENT = /^\|(?: (?<content>.*))?$/;
const SETTING = /^(?<key>[a-z-]+):(?: (?<value>.*))?$/;

/** Reads a `.pop` file. Throws with the number of the line that it does not understand. */
export function parseDialogues(text: string): readonly Dialogue[] {
  const file = draftOf("", undefined);
  const dialogues: Draft[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const title = TITLE.exec(line)?.groups?.["name"];
    try {
      if (title === undefined) readLine(dialogues.at(-1) ?? file, line, index + 1);
      else dialogues.push(draftOf(title, file));
    } catch (err) {
      throw new Error(`line ${index + 1}: ${line}`, { cause: err });
    }
  }
  return dialogues.map(dialogueOf);
}

/**
 * What stands before the first title holds for all dialogues; messages are added to it, the rest takes its
 * place.
 */
function draftOf(name: string, file: Draft | undefined): Draft {
  return {
    name,
    statements: [...(file?.statements ?? [])],
    messages: [...(file?.messages ?? [])],
    failures: [...(file?.failures ?? [])],
    steps: [],
    version: file?.version ?? "pop3",
    isPlaintextLoginAllowed: file?.isPlaintextLoginAllowed ?? true,
    isTlsOffered: file?.isTlsOffered ?? true,
    mechanisms: file?.mechanisms ?? [],
    apopTimestamp: file?.apopTimestamp,
    isSdpsOffered: file?.isSdpsOffered ?? false,
    areSurrogatesShown: file?.areSurrogatesShown ?? false,
    isLastOffered: file?.isLastOffered ?? false,
    rpop: file?.rpop,
    boards: file?.boards && [...file.boards],
    terms: file?.terms,
    envelopes: new Map(file?.envelopes),
    over: file?.over,
    state: file?.state,
  };
}

function dialogueOf(draft: Draft): Dialogue {
  if (draft.steps.length === 0) throw new Error(`"${draft.name}" has no lines`);
  const { name, statements, over, state, steps, ...fixture } = draft;
  return { name, statements, over, state, steps, fixture };
}

function readLine(draft: Draft, line: string, lineNumber: number): void {
  if (line.startsWith("#")) draft.statements.push(...(line.match(/\bT[0-9]+\b/g) ?? []));
  if (line === "" || line.startsWith("#")) return;
  const step = STEP.exec(line)?.groups;
  const content = CONTENT.exec(line)?.groups;
  const setting = SETTING.exec(line)?.groups;
  if (step !== undefined) {
    const text = step["text"] ?? "";
    const by = step["by"] === "C" ? "C" : "S";
    const act = by === "C" ? clientAct(text) : serverAct(text);
    const read: Step = { line: lineNumber, connection: Number(step["connection"] ?? 1), by, text, act };
    for (let times = Number(step["times"] ?? 1); times > 0; times -= 1) draft.steps.push(read);
  } else if (content !== undefined) addContent(draft, content["content"] ?? "");
  else if (setting !== undefined) readSetting(draft, setting["key"] ?? "", setting["value"] ?? "");
  else throw new Error("neither a line of a client or a server, nor a setting");
}

/** `| text` adds a line to the message begun by `message:`. */
function addContent(draft: Draft, text: string): void {
  const begun = draft.messages.pop();
  if (begun === undefined) throw new Error("no message has been begun");
  draft.messages.push(Buffer.concat([begun, octetsOf(text), Buffer.from("\r\n")]));
}

/** `number reverse-path recipient`; a reverse-path of `<>` is the null one. */
function addEnvelope(draft: Draft, value: string): void {
  const [number = "", reversePath = "", recipient = ""] = value.split(" ");
  draft.envelopes.set(Number(number), {
    maildrop: LOGIN.name,
    reversePath: reversePath === "<>" ? "" : reversePath,
    recipient,
  });
}

/** `name octets…`; `archive` adds to the board of that name. */
function addBoard(draft: Draft, key: "board" | "archive", value: string): void {
  const [name = "", ...octets] = value.split(" ");
  const messages = octets.map(Number).map(messageOfOctets);
  draft.boards ??= [];
  const index = draft.boards.findIndex((board) => board.name === name);
  const board = draft.boards[index];
  if (key === "board") draft.boards.push({ name, messages, archive: undefined });
  else if (board === undefined) throw new Error(`there is no board "${name}"`);
  else draft.boards[index] = { ...board, archive: messages };
}

function readSetting(draft: Draft, key: string, value: string): void {
  switch (key) {
    case "maildrop":
      draft.messages.push(...value.split(" ").filter(Boolean).map(Number).map(messageOfOctets));
      return;
    case "message":
      draft.messages.push(octetsOf(value));
      return;
    case "protocol":
      draft.version = oneOf(value, ["pop3", "pop2", "pop1"]);
      return;
    case "state":
      draft.state = oneOf(value, ["AUTHORIZATION", "TRANSACTION"]);
      return;
    case "over":
      draft.over = oneOf(value, ["plaintext", "tls"]);
      return;
    case "plaintext-login":
      draft.isPlaintextLoginAllowed = oneOf(value, ["allowed", "refused"]) === "allowed";
      return;
    case "tls":
      draft.isTlsOffered = oneOf(value, ["offered", "missing"]) === "offered";
      return;
    case "sasl":
      draft.mechanisms = value
        .split(" ")
        .filter(Boolean)
        .map((mechanism) => oneOf(mechanism, SCRIPTED_MECHANISMS));
      return;
    case "apop":
      draft.apopTimestamp = value;
      return;
    case "sdps":
      draft.isSdpsOffered = oneOf(value, ["on", "off"]) === "on";
      return;
    case "surrogates":
      draft.areSurrogatesShown = oneOf(value, ["shown", "refused"]) === "shown";
      return;
    case "last":
      draft.isLastOffered = oneOf(value, ["on", "off"]) === "on";
      return;
    case "rpop":
      draft.rpop = oneOf(value, ["possible", "not-from-here"]);
      return;
    case "board":
    case "archive":
      addBoard(draft, key, value);
      return;
    case "terms":
      draft.terms = termsOf(value);
      return;
    case "envelope":
      addEnvelope(draft, value);
      return;
    case "failure":
      draft.failures.push(failureOf(value));
      return;
    default:
      throw new Error(`there is no setting "${key}"`);
  }
}

/** `days seconds days seconds`: of all logins, then of `LOGIN`; `never` for days. */
function termsOf(value: string): Fixture["terms"] {
  const [days = "", seconds, ownDays = "", ownSeconds] = value.split(" ");
  const termsFrom = (retention: string, delay: string | undefined): MailTerms => ({
    retentionDays: retention === "never" ? undefined : Number(retention),
    loginDelaySeconds: Number(delay),
  });
  return { all: termsFrom(days, seconds), own: termsFrom(ownDays, ownSeconds) };
}

function oneOf<const T extends string>(value: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === value);
  if (choice === undefined) throw new Error(`one of: ${choices.join(", ")}`);
  return choice;
}

const FAILING: readonly FailingEffect[] = ["authenticate", "send-message", "update", "open-board"];

const FAULTS: readonly Fault[] = [
  { fault: "no-such-message" },
  { fault: "maildrop-in-use" },
  { fault: "busy" },
  { fault: "login-too-soon" },
  { fault: "lease-lost" },
  { fault: "storage-down", cause: "on purpose" },
  { fault: "lease-store-down", cause: "on purpose" },
];

function failureOf(value: string): Failure {
  const [effect = "", name = ""] = value.split(" ");
  const fault = FAULTS.find((each) => each.fault === name);
  if (fault === undefined) throw new Error(`one of: ${FAULTS.map((each) => each.fault).join(", ")}`);
  return { effect: oneOf(effect, FAILING), fault };
}

function clientAct(text: string): Act {
  switch (text) {
    case "(log in)":
      return { do: "log-in" };
    case "(tls)":
      return { do: "start-tls" };
    case "(pause)":
      return { do: "pause" };
    case "(close)":
      return { do: "close" };
    case "(reset)":
      return { do: "reset" };
    default:
      if (text.startsWith("(")) throw new Error("a client does not do that; a line may begin with \\(");
      return { do: "send", text };
  }
}

const COUNTED = /^\(counted (?<number>[0-9]+)\)$/;
const MESSAGE = /^\((?:message (?<whole>[0-9]+)|top (?<top>[0-9]+) (?<lines>[0-9]+))\)$/;
const LINES = /^\(lines(?<patterns>(?: [+-] .+)*)\)$/;
const SAME_LINES = /^\(lines \$(?<name>[a-z][a-zA-Z0-9]*)\)$/;

function serverAct(text: string): Act {
  if (text === "(closed)") return { do: "expect-closed" };
  const counted = COUNTED.exec(text)?.groups?.["number"];
  if (counted !== undefined) return { do: "expect-counted", message: Number(counted) };
  const message = MESSAGE.exec(text)?.groups;
  if (message !== undefined) {
    const { whole, top, lines } = message;
    return {
      do: "expect-message",
      message: Number(whole ?? top),
      bodyLines: lines === undefined ? undefined : Number(lines),
    };
  }
  const name = SAME_LINES.exec(text)?.groups?.["name"];
  if (name !== undefined) return { do: "expect-same-lines", name };
  const patterns = LINES.exec(text)?.groups?.["patterns"];
  if (patterns !== undefined) {
    const signed = patterns.split(/ (?=[+-] )/).filter(Boolean);
    const those = (sign: string): string[] =>
      signed.filter((each) => each.startsWith(sign)).map((each) => each.slice(2));
    return { do: "expect-lines", with: those("+"), without: those("-") };
  }
  if (text.startsWith("(")) throw new Error("a server does not do that; a line may begin with \\(");
  return { do: "expect-line", pattern: text };
}
