import { isPasswordAcceptable, type Link } from "./verb.ts";

const PASSWORD_MECHANISMS: ReadonlySet<string> = new Set(["PLAIN", "LOGIN"]);

/** True of the mechanisms that send the password as it is. RFC 4616 §1. */
export const isPasswordMechanism = (mechanism: string): boolean => PASSWORD_MECHANISMS.has(mechanism);

/** The SASL mechanisms that could succeed on this connection now. RFC 5034 §3. */
export function mechanismsOn(link: Link): readonly string[] {
  const mechanisms = link.mechanisms();
  return isPasswordAcceptable(link)
    ? mechanisms
    : mechanisms.filter((mechanism) => !isPasswordMechanism(mechanism));
}
