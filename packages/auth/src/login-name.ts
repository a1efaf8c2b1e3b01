/** RFC 5321 §4.5.3.1: 64 octets of local part, `@`, 255 octets of domain. */
const NAME_OCTETS_MAX = 320;

/**
 * What a name may consist of: letters, marks and digits of any script, and the specials of RFC 5322 §3.2.3 with the
 * dot. An allow-list: spaces, controls, quotes, brackets and whatever Unicode thinks of next never reach a look-up.
 */
const LOCAL_PART = /^[\p{L}\p{M}\p{N}.!#$%&'*+\-/=?^_`{|}~]+$/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}-]*(?:\.[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}-]*)*$/u;

/**
 * The one form of a name under which logins are found: composed (NFC) and in lower case, `local-part@domain`.
 *
 * @param defaultDomain completes a name without a domain; without one such a name stays as it is.
 * @returns `undefined` for what cannot be the name of a login.
 */
export function canonicalName(typed: string, defaultDomain: string | undefined): string | undefined {
  if (Buffer.byteLength(typed) > NAME_OCTETS_MAX) return undefined;
  const name = typed.normalize("NFC").toLowerCase();
  const at = name.lastIndexOf("@");
  const localPart = at === -1 ? name : name.slice(0, at);
  const domain = at === -1 ? defaultDomain?.toLowerCase() : name.slice(at + 1);
  if (!LOCAL_PART.test(localPart)) return undefined;
  if (domain === undefined) return localPart;
  return DOMAIN.test(domain) ? `${localPart}@${domain}` : undefined;
}
