import type { ResponseCode } from "../reply.ts";
import type { OkKey, TextKey } from "./text-key.ts";

const OK: ReadonlySet<string> = new Set<OkKey>([
  "maildrop-open",
  "messages",
  "maildrop-has",
  "octets",
  "top-follows",
  "capabilities-follow",
  "mechanisms-follow",
  "envelope-follows",
  "boards-follow",
  "languages-follow",
  "language-chosen",
  "utf8-on",
  "message-deleted",
  "password-next",
  "still-here",
  "begin-tls",
  "bye",
]);

/**
 * The response codes: `LOGIN-DELAY` and `IN-USE` (RFC 2449 §8.1.1, §8.1.2), `SYS/TEMP` and `AUTH` (RFC 3206
 * §4, §5), `UTF8` (RFC 6856 §4).
 */
const CODES: ReadonlyMap<string, ResponseCode> = new Map<TextKey, ResponseCode>([
  ["utf8-needed", "UTF8"],
  ["bad-credentials", "AUTH"],
  ["login-too-soon", "LOGIN-DELAY"],
  ["maildrop-in-use", "IN-USE"],
  ["too-many-connections", "SYS/TEMP"],
  ["busy", "SYS/TEMP"],
  ["lease-lost", "SYS/TEMP"],
  ["not-removed", "SYS/TEMP"],
  ["mail-out-of-reach", "SYS/TEMP"],
  ["shutting-down", "SYS/TEMP"],
  ["internal", "SYS/TEMP"],
]);

/** What stands before the text of that key: the indicator, and a response code if there is one for it. */
export function statusOf(key: string): string {
  if (OK.has(key)) return "+OK";
  const code = CODES.get(key);
  return code === undefined ? "-ERR" : `-ERR [${code}]`;
}
