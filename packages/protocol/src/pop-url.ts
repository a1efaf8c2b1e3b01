/** Where a maildrop is and how to get in. RFC 2384 §3. Holds no password: the scheme has no place for one. */
export interface PopUrl {
  /** A host name, or an address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  /** Whom to log in as; `undefined` leaves it to the client. */
  readonly name: string | undefined;
  /** How to log in; `undefined` is USER and PASS. */
  readonly authentication: PopUrlAuthentication | undefined;
}

/** What stands behind `;AUTH=`. RFC 2384 §4. */
export type PopUrlAuthentication =
  /** `*`: the client chooses, and ought not to choose one that shows the password to a stranger. */
  | { readonly way: "any" }
  /** A SASL mechanism, in upper case. */
  | { readonly way: "sasl"; readonly mechanism: string }
  /** `+APOP`, or another command that is no SASL mechanism; in upper case, without the `+`. */
  | { readonly way: "command"; readonly command: string };

/** What is wrong with what should have been a POP URL. */
export type PopUrlFlaw = "scheme" | "password" | "name" | "authentication" | "host" | "port" | "path";

/** RFC 2384 §3: where the URL names no port. */
const defaultPort = 110;
const portMax = 65_535;

const SCHEME = /^pop:\/\//i;
const AUTH = /;auth=/i;

/** RFC 2384 §8: `achar`, escapes aside. RFC 1738 §5 has the unreserved characters. */
const ENCODED = /^(?:[A-Za-z0-9$\-_.+!*'(),&=~]|%[0-9A-Fa-f]{2})+$/;
const MECHANISM = /^[A-Za-z0-9_-]{1,20}$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?$/;
const IPV6 = /^\[(?<address>[0-9A-Fa-f:.]{2,45})\]$/;
const HOST_AND_PORT = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>.*))?$/;

/** Reads a POP URL. RFC 2384 §8; IPv6 addresses stand in brackets as RFC 3986 §3.2.2 has it. */
export function parsePopUrl(text: string): PopUrl | PopUrlFlaw {
  if (!SCHEME.test(text)) return "scheme";
  const server = text.replace(SCHEME, "");
  const at = server.lastIndexOf("@");
  const place = parsePlace(server.slice(at + 1));
  if (typeof place === "string") return place;
  const who = parseWho(at === -1 ? undefined : server.slice(0, at));
  return typeof who === "string" ? who : { ...place, ...who };
}

function parsePlace(text: string): Pick<PopUrl, "host" | "port"> | PopUrlFlaw {
  // A lone slash is what some programs put behind every URL.
  const [authority = "", ...path] = text.split("/");
  if (path.length > 1 || (path[0] ?? "") !== "") return "path";
  const { host: written = "", port: digits } = HOST_AND_PORT.exec(authority)?.groups ?? {};
  const host = IPV6.exec(written)?.groups?.["address"] ?? written;
  if (host === written && !HOST.test(host)) return "host";
  if (digits === undefined || digits === "") return { host, port: defaultPort };
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : 0;
  return port >= 1 && port <= portMax ? { host, port } : "port";
}

function parseWho(text: string | undefined): Pick<PopUrl, "name" | "authentication"> | PopUrlFlaw {
  if (text === undefined) return { name: undefined, authentication: undefined };
  const [encodedName = "", encodedAuth, ...more] = text.split(AUTH);
  // RFC 2384 §3 allows no clear text password, and a colon has no other use here.
  if (text.includes(":")) return "password";
  if (more.length > 0) return "authentication";
  const name = decode(encodedName);
  const isNameLeftOut = encodedName === "" && encodedAuth !== undefined;
  if (name === undefined && !isNameLeftOut) return "name";
  if (encodedAuth === undefined) return { name, authentication: undefined };
  const authentication = parseAuthentication(encodedAuth);
  return authentication === undefined ? "authentication" : { name, authentication };
}

function parseAuthentication(encoded: string): PopUrlAuthentication | undefined {
  if (encoded === "*") return { way: "any" };
  const isCommand = encoded.startsWith("+");
  const word = decode(isCommand ? encoded.slice(1) : encoded)?.toUpperCase();
  if (word === undefined || !MECHANISM.test(word)) return undefined;
  return isCommand ? { way: "command", command: word } : { way: "sasl", mechanism: word };
}

/** @returns `undefined` for nothing, for what may not stand in a URL, and for what is no text in UTF-8. */
function decode(encoded: string): string | undefined {
  if (!ENCODED.test(encoded)) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
