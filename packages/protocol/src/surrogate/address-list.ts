import { isAscii, unfolded } from "./ascii.ts";
import { encodeWords } from "./encoded-words.ts";

/** It belongs to nobody, and never will. RFC 6858 §2.1, RFC 2606 §2. */
const NOBODY_ADDRESS = "invalid@internationalized-address.invalid";
const NOBODY = `<${NOBODY_ADDRESS}>`;

interface Token {
  readonly kind: "quoted" | "comment" | "angle" | "text" | "special";
  readonly text: string;
}

/** From the longest to the shortest; what is not closed goes on to the end. RFC 5322 §3.2. */
const TOKENS = /"(?:[^"\\]|\\.)*"?|<(?:"(?:[^"\\]|\\.)*"?|[^">])*>?|[,;:]|(?:\[[^\]]*\]?|[^"(<,;:[])+/sy;

/**
 * Addresses in ASCII: what is so already stays to the letter; one that is not becomes nobody's, with a
 * display name that tells people who was meant; a display name alone is encoded. RFC 6858 §2.1.
 *
 * @param value of a field, as it stands there, folded or not; it does not have to be well-formed.
 */
export function downgradeAddresses(value: string): string {
  let downgraded = "";
  let entry: Token[] = [];
  for (const token of tokensOf(value)) {
    if (token.kind !== "special") {
      entry.push(token);
      continue;
    }
    // RFC 5322 §3.4: what stands before a colon is the name of a group.
    downgraded += (token.text === ":" ? downgradeGroupName(entry) : downgradeMailbox(entry)) + token.text;
    entry = [];
  }
  return downgraded + downgradeMailbox(entry);
}

/** A reverse-path in ASCII, which has no room for a display name. RFC 5321 §4.4. */
export const downgradePath = (value: string): string => (isAscii(value) ? value : ` ${NOBODY}`);

/** An address alone, without angle brackets: one that is not ASCII becomes nobody's. RFC 6858 §2.1. */
export const downgradeAddress = (address: string): string => (isAscii(address) ? address : NOBODY_ADDRESS);

function* tokensOf(value: string): Generator<Token> {
  let at = 0;
  while (at < value.length) {
    const text = value[at] === "(" ? commentAt(value, at) : tokenAt(value, at);
    yield { kind: kindOf(text), text };
    at += text.length;
  }
}

function tokenAt(value: string, at: number): string {
  TOKENS.lastIndex = at;
  return TOKENS.exec(value)?.[0] ?? value.slice(at);
}

/** Comments nest. RFC 5322 §3.2.2. */
function commentAt(value: string, from: number): string {
  let depth = 0;
  for (let at = from; at < value.length; at += 1) {
    const letter = value[at];
    if (letter === "\\") at += 1;
    else if (letter === "(") depth += 1;
    else if (letter === ")") depth -= 1;
    if (depth === 0) return value.slice(from, at + 1);
  }
  return value.slice(from);
}

function kindOf(text: string): Token["kind"] {
  switch (text[0]) {
    case '"':
      return "quoted";
    case "(":
      return "comment";
    case "<":
      return "angle";
    case ",":
    case ";":
    case ":":
      return "special";
    default:
      return "text";
  }
}

function downgradeGroupName(tokens: readonly Token[]): string {
  const raw = rawOf(tokens);
  return isAscii(raw) ? raw : ` ${phrase(spoken(tokens, "quoted", "text"))}`;
}

function downgradeMailbox(tokens: readonly Token[]): string {
  const raw = rawOf(tokens);
  if (isAscii(raw)) return raw;
  const angle = tokens.find(({ kind }) => kind === "angle");
  const comment = spoken(tokens, "comment");
  const words = spoken(tokens, "quoted", "text");
  const bare = unfolded(rawOf(tokens.filter(({ kind }) => kind === "quoted" || kind === "text")));
  const address = angle === undefined ? bare : unfolded(angle.text.replace(/^<|>$/g, ""));
  const name = (angle === undefined ? "" : words) || comment;
  if (isAscii(address)) return ` ${phrase(name)} <${address}>`;
  return ` ${phrase(name === "" ? address : `${name} <${address}>`)} ${NOBODY}`;
}

const rawOf = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join("");

/** What is meant by tokens of these kinds, without quotes and parentheses. */
const spoken = (tokens: readonly Token[], ...kinds: readonly Token["kind"][]): string =>
  unfolded(
    tokens
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ kind, text }) => (kind === "text" ? text : unquoted(text)))
      .join(""),
  );

const unquoted = (text: string): string => text.replace(/^["(]|[")]$/g, "").replace(/\\(.)/gs, "$1");

/** RFC 2047 §5: an encoded-word may stand for a word of a phrase. */
const phrase = (name: string): string => {
  if (!isAscii(name)) return encodeWords(name);
  return `"${name.replace(/["\\]/g, "\\$&")}"`;
};
