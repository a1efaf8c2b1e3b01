import type { Holder, LeaseHolder } from "@poplar/maildrop";
import { viewOfField } from "./view-field.ts";

/**
 * One lease as Redis keeps it: `token instance/number session login address`, the last three percent-encoded,
 * so that a script and a person at `redis-cli` can both take it apart at its spaces.
 */
export const leaseValue = (leaseId: string, holder: Holder): string =>
  [leaseId, encodeURIComponent(holder.sessionId), clientWords(holder)].join(" ");

/** Whose it is: what a lease value ends with. */
export const clientWords = ({ login, address }: Pick<Holder, "login" | "address">): string =>
  `${encodeURIComponent(login)} ${encodeURIComponent(address)}`;

/**
 * The holder in a stored lease; `undefined` for what is not one. The token is Redis' clock in microseconds.
 */
export function holderOf(field: string, value: string): LeaseHolder | undefined {
  const [token, _leaseId, sessionId, login, address] = value.split(" ");
  if (sessionId === undefined || login === undefined || address === undefined) return undefined;
  return {
    sessionId: decodeWord(sessionId),
    login: decodeWord(login),
    address: decodeWord(address),
    view: viewOfField(field),
    sinceMs: Math.floor(Number(token) / 1000),
  };
}

/** The inverse of what `leaseValue` does to a session, a login and an address. */
export const decodeWord = (word: string): string => decodeURIComponent(word);
