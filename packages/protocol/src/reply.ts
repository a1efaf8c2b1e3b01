/** Response codes of the IANA registry that Poplar sends. RFC 2449 §8, RFC 3206. */
export type ResponseCode = "AUTH" | "IN-USE" | "SYS/TEMP" | "SYS/PERM";

/** The first line of an answer. RFC 1939 §3. */
export interface Reply {
  readonly indicator: "+OK" | "-ERR";
  readonly code: ResponseCode | undefined;
  readonly text: string;
}

export const ok = (text: string): Reply => ({ indicator: "+OK", code: undefined, text });

export const err = (text: string, code?: ResponseCode): Reply => ({ indicator: "-ERR", code, text });

/** RFC 2449 §3, §4: a capability and the first line of a response have at most 512 octets, CRLF included. */
const lineOctetsMax = 512;

/** A line of ASCII, cut to what one may hold without its CRLF. */
export const withinLine = (line: string): string => line.slice(0, lineOctetsMax - 2);

/** Lines of a multi-line response after its first, byte-stuffed, and the termination. RFC 1939 §3. */
export const encodeLines = (lines: readonly string[]): string =>
  [...lines.map((line) => (line.startsWith(".") ? `.${line}` : line)), ".\r\n"].join("\r\n");

/**
 * The reply as a line with its CRLF, within 512 octets.
 *
 * Texts are ours, and never begin with "[" (RFC 2449 §8: that would read as a response code).
 */
export function encodeReply(reply: Reply): string {
  const code = reply.code === undefined ? "" : `[${reply.code}] `;
  return `${withinLine(`${reply.indicator} ${code}${reply.text}`)}\r\n`;
}
