import { randomBytes } from "node:crypto";
import type { SecureContext } from "node:tls";

/** What `ticketKeys` of Node's TLS holds: a name, a key for HMAC-SHA-256, a key for AES-128-CBC. */
const partOctets = 16;

/** What a ticket is sealed with, or opened. */
type Answer = readonly [verdict: number, hmacKey: Buffer, aesKey: Buffer, name?: Buffer, iv?: Buffer];

const verdicts = { unknown: 0, good: 1, renew: 2 } as const;

/** What Node's contexts have inside, undocumented. ADR 0019. */
interface ContextInside {
  onticketkeycallback?: (name: Buffer, iv: Buffer, isSealing: boolean) => Answer;
  enableTicketKeyCallback?: unknown;
}

/**
 * Makes a resumed handshake bring a new ticket. Node by itself gives tickets with full handshakes alone, two
 * of them: a client that uses each once, as RFC 8446 §C.4 wants it, then resumes two sessions of three.
 *
 * Where Node has no way to do this any more, all stays as it is without.
 *
 * @param keys 48 octets, as in `ticketKeys`.
 * @returns whether tickets are renewed.
 */
export function renewTickets(context: SecureContext, keys: Buffer): boolean {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is used of it is looked for first
  const inside = context.context as ContextInside;
  const enable = inside.enableTicketKeyCallback;
  if (typeof enable !== "function") return false;
  const name = keys.subarray(0, partOctets);
  const hmacKey = keys.subarray(partOctets, 2 * partOctets);
  const aesKey = keys.subarray(2 * partOctets, 3 * partOctets);
  inside.onticketkeycallback = (given, _iv, isSealing) => {
    if (isSealing) return [verdicts.good, hmacKey, aesKey, name, randomBytes(partOctets)];
    return [given.equals(name) ? verdicts.renew : verdicts.unknown, hmacKey, aesKey];
  };
  enable.call(inside);
  return true;
}
