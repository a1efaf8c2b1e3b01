import { mechanismsOn } from "./mechanisms.ts";
import { withinLine } from "./reply.ts";
import { isPasswordAcceptable, type Link, type State } from "./verb.ts";

/**
 * What would work for somebody on this connection now. RFC 2449 §5, §6.
 *
 * A capability that is announced before login and stays true is announced after it too; STLS alone belongs to
 * the AUTHORIZATION state (RFC 2595 §4).
 */
export function capabilities(link: Link, state: State): readonly string[] {
  const mechanisms = mechanismsOn(link);
  const isStlsPossible = state === "AUTHORIZATION" && link.isTlsOffered && !link.isTlsActive;
  return [
    "TOP",
    "UIDL",
    "RESP-CODES",
    "AUTH-RESP-CODE",
    "PIPELINING",
    "LANG",
    // RFC 6856 §2.2: names and passwords may be in UTF-8 whether UTF8 has been said or not.
    isPasswordAcceptable(link) ? "UTF8 USER" : "UTF8",
    ...(isStlsPossible ? ["STLS"] : []),
    ...(isPasswordAcceptable(link) ? ["USER"] : []),
    ...(mechanisms.length > 0 ? [withinLine(`SASL ${mechanisms.join(" ")}`)] : []),
    ...(link.implementation === undefined ? [] : [withinLine(`IMPLEMENTATION ${link.implementation}`)]),
  ];
}
