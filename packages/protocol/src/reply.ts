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

/** RFC 2449 §4: the first line of a response is at most 512 octets, CRLF included. */
const replyLineOctetsMax = 512;

/**
 * The reply as a line with its CRLF, within 512 octets.
 *
 * Texts are ours, and never begin with "[" (RFC 2449 §8: that would read as a response code).
 */
export function encodeReply(reply: Reply): string {
  const code = reply.code === undefined ? "" : `[${reply.code}] `;
  return `${`${reply.indicator} ${code}${reply.text}`.slice(0, replyLineOctetsMax - 2)}\r\n`;
}
