import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { Effect } from "./decision.ts";
import { type Fault, syntax } from "./fault.ts";
import type { Framed } from "./line-framer.ts";

const ASTERISK = 0x2a;

/** Answer to what is not base64, in a response or an initial one. */
export const NOT_BASE64: Fault = syntax("not-base64");

/** What a line in the middle of an exchange means: the client's next message, or the end. RFC 5034 §4. */
export function readResponse(line: Framed): Effect | Fault {
  if (line === "overlong") return { fault: "line-too-long" };
  if (line.length === 1 && line[0] === ASTERISK) return { fault: "exchange-cancelled" };
  const response = decodeBase64(line);
  return response === undefined ? NOT_BASE64 : { do: "continue-exchange", response };
}

/** A challenge as a line with its CRLF; an empty one is "+ ", and no shorter. RFC 5034 §4. */
export const encodeChallenge = (challenge: Uint8Array): string => `+ ${encodeBase64(challenge)}\r\n`;
