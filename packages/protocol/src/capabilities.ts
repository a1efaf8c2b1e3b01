import { mechanismsOn } from "./mechanisms.ts";
import { withinLine } from "./reply.ts";
import { type Authorization, isPasswordAcceptable, type MailTerms, type Transaction } from "./verb.ts";

/**
 * What would work for somebody on this connection now. RFC 2449 §5, §6, §6.3.
 *
 * A capability that is announced before login and stays true is announced after it too; STLS alone belongs to
 * the AUTHORIZATION state (RFC 2595 §4).
 */
export function capabilities(session: Authorization | Transaction): readonly string[] {
  const { link, state } = session;
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
    ...termsOf(session),
    ...(link.implementation === undefined ? [] : [withinLine(`IMPLEMENTATION ${link.implementation}`)]),
  ];
}

/**
 * Before login what is true of every login, with the word that it may be otherwise; then what is true of this
 * one. RFC 2449 §6.5, §6.7.
 */
function termsOf(session: Authorization | Transaction): readonly string[] {
  if (session.state === "TRANSACTION") return session.terms === undefined ? [] : lines(session.terms, "");
  const terms = session.link.terms?.();
  return terms === undefined ? [] : lines(terms, " USER");
}

const lines = ({ retentionDays, loginDelaySeconds }: MailTerms, suffix: string): readonly string[] => [
  retentionDays === undefined ? "EXPIRE NEVER" : `EXPIRE ${retentionDays}${suffix}`,
  ...(loginDelaySeconds > 0 ? [`LOGIN-DELAY ${loginDelaySeconds}${suffix}`] : []),
];
