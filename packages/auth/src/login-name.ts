import { prepared } from "./saslprep.ts";

/** RFC 5321 §4.5.3.1: 64 octets of local part, `@`, 255 octets of domain. */
const NAME_OCTETS_MAX = 320;

/**
 * What a name may consist of: letters, marks and digits of any script, and the specials of RFC 5322 §3.2.3
 * with the dot. An allow-list: spaces, controls, quotes, brackets and whatever Unicode thinks of next never
 * reach a look-up.
 */
const LOCAL_PART = /^[\p{L}\p{M}\p{N}.!#$%&'*+\-/=?^_`{|}~]+$/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}-]*(?:\.[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}-]*)*$/u;

/** Can this be the name of a domain or a host? Lower case, composed. */
export const isDomain = (text: string): boolean => DOMAIN.test(text);

/**
 * The one form of a name under which logins are found: prepared by SASLprep and in lower case,
 * `local-part@domain`.
 *
 * @param defaultDomain completes a name without a domain; without one such a name stays as it is.
 * @returns `undefined` for what cannot be the name of a login.
 */
export function canonicalName(typed: string, defaultDomain: string | undefined): string | undefined {
  if (Buffer.byteLength(typed) > NAME_OCTETS_MAX) return undefined;
  // Each part by itself: a local part in Hebrew may stand before a domain in Latin.
  const at = typed.lastIndexOf("@");
  const localPart = folded(prepared(at === -1 ? typed : typed.slice(0, at)) ?? "");
  const domain = at === -1 ? defaultDomain?.toLowerCase() : folded(typed.slice(at + 1));
  if (!LOCAL_PART.test(localPart)) return undefined;
  if (domain === undefined) return localPart;
  return isDomain(domain) ? `${localPart}@${domain}` : undefined;
}

/** Lower case can come apart again: composed before and after. */
const folded = (text: string): string => text.normalize("NFKC").toLowerCase().normalize("NFKC");
