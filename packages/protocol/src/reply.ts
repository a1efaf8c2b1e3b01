import type { TextKey } from "./texts/text-key.ts";

/** Response codes of the IANA registry that Poplar sends. RFC 2449 §8, RFC 3206, RFC 6856 §4. */
export type ResponseCode = "AUTH" | "IN-USE" | "LOGIN-DELAY" | "SYS/TEMP" | "SYS/PERM" | "UTF8";

/**
 * The first line of an answer (RFC 1939 §3): a text that each language has its words for, with its indicator
 * and response code; or a line as it stands, for programs to read.
 */
export type Reply =
  | { readonly key: TextKey; readonly values?: readonly (string | number)[] }
  | { readonly line: string };

/** A reply with these values in its text. */
export const say = (key: TextKey, ...values: readonly (string | number)[]): Reply => ({ key, values });

/** `+OK`, and what programs read: the same in all languages. */
export const plain = (text: string): Reply => ({ line: `+OK ${text}` });

/** RFC 2449 §3, §4: a capability and the first line of a response have at most 512 octets, CRLF included. */
const lineOctetsMax = 512;

/** A line of ASCII, cut to what one may hold without its CRLF. */
export const withinLine = (line: string): string => line.slice(0, lineOctetsMax - 2);

/** Lines of a multi-line response after its first, byte-stuffed, and the termination. RFC 1939 §3. */
export const encodeLines = (lines: readonly string[]): string =>
  [...lines.map((line) => (line.startsWith(".") ? `.${line}` : line)), ".\r\n"].join("\r\n");
