/** Names that a dialogue has given to words it heard. */
export type Captures = Map<string, string>;

const TOKEN =
  /\\x(?<hex>[0-9a-fA-F]{2})|\\(?<escape>[rn0\\*$()}])|\\b\{(?<base64>(?:\\\{[0-9]+\}|\\[^]|[^}\\])*)\}|\\\{(?<times>[0-9]+)\}|(?<wildcard>\*)|\$(?<capture>[a-z][a-zA-Z0-9]*)|(?<plain>[^])/g;

type Token =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "wildcard" }
  | { readonly is: "capture"; readonly name: string };

const ESCAPES: Readonly<Record<string, string>> = { r: "\r", n: "\n", 0: "\0" };

/** Text of a dialogue in pieces. Characters beyond ASCII become the octets of their UTF-8. */
const tokens = (text: string): readonly Token[] => tokensOf(Buffer.from(text, "utf8").toString("latin1"));

function tokensOf(octets: string): readonly Token[] {
  const found: Token[] = [];
  for (const { groups } of octets.matchAll(TOKEN)) {
    if (groups === undefined) continue;
    const { hex, escape, base64, times, wildcard, capture, plain } = groups;
    const last = found.at(-1);
    if (wildcard !== undefined) found.push({ is: "wildcard" });
    else if (capture !== undefined) found.push({ is: "capture", name: capture });
    else if (hex !== undefined)
      found.push({ is: "text", text: String.fromCharCode(Number.parseInt(hex, 16)) });
    else if (escape !== undefined) found.push({ is: "text", text: ESCAPES[escape] ?? escape });
    else if (base64 !== undefined) found.push({ is: "text", text: base64Of(base64) });
    else if (times !== undefined && last?.is === "text") {
      found.splice(-1, 1, { is: "text", text: last.text.repeat(Number(times)) });
    } else found.push({ is: "text", text: plain ?? "" });
  }
  return found;
}

/** What a token is where nothing can stand for anything else. */
const plainly = (token: Token): string => {
  if (token.is === "text") return token.text;
  return token.is === "wildcard" ? "*" : `$${token.name}`;
};

const base64Of = (octets: string): string =>
  Buffer.from(tokensOf(octets).map(plainly).join(""), "latin1").toString("base64");

/** What a client line sends: escapes are carried out, `$name` is what was captured, `*` is itself. */
export function octetsOf(text: string, captures: Captures = new Map()): Uint8Array {
  const pieces = tokens(text).map((token) => {
    const captured = token.is === "capture" ? captures.get(token.name) : undefined;
    return captured ?? plainly(token);
  });
  return Buffer.from(pieces.join(""), "latin1");
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

/**
 * Compares a line that was heard with one that was expected: `*` stands for any characters, `$name` for a
 * word (at the end for all that follows), which it keeps, or for what it has kept.
 */
export function isMatch(pattern: string, heard: string, captures: Captures): boolean {
  const isNamed = new Set<string>();
  const source = tokens(pattern).map((token, index, all) => {
    if (token.is === "text") return literally(token.text);
    if (token.is === "wildcard") return "[^]*";
    const known = captures.get(token.name);
    if (known !== undefined) return literally(known);
    if (isNamed.has(token.name)) return `\\k<${token.name}>`;
    isNamed.add(token.name);
    return `(?<${token.name}>${index === all.length - 1 ? "[^]+" : "\\S+"})`;
  });
  const match = new RegExp(`^${source.join("")}$`).exec(heard);
  for (const [name, word] of Object.entries(match?.groups ?? {})) captures.set(name, word);
  return match !== null;
}

/** Octets as a dialogue would write them, for messages to people. */
export const shown = (heard: string): string =>
  heard
    .replace(/[\\]/g, "\\\\")
    .replace(/\r/g, "\\r")
    .replace(/\n/g, "\\n")
    .replace(/[^\x20-\x7e]/g, (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`);
