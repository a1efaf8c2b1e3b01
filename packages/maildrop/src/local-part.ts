/** What needs no quotes. RFC 5322 §3.2.3, RFC 6532 §3.2. */
const DOT_ATOM = /^[^\s\p{Cc}()<>[\]:;@\\,."]+(?:\.[^\s\p{Cc}()<>[\]:;@\\,."]+)*$/u;

/**
 * The local part of an address in the form in which it is compared: without regard to case, and without
 * quotes that it does not need. RFC 5321 §4.1.2.
 */
export function comparedLocalPart(localPart: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/su.exec(localPart)?.[1]?.replaceAll(/\\(.)/gsu, "$1");
  return (quoted !== undefined && DOT_ATOM.test(quoted) ? quoted : localPart).toLowerCase();
}
