import { comparedLocalPart } from "@poplar/maildrop";

/** An address in the form in which it is compared: without regard to case. */
export interface Address {
  readonly localPart: string;
  readonly domain: string;
}

/** The local part of a domain's catch-all, `*@example.test`. */
export const catchAll = "*";

const subaddressSeparator = "+";

/** Splits an address at its last `@`; `undefined` for what is none. */
export function addressOf(text: string): Address | undefined {
  const at = text.lastIndexOf("@");
  // Text in Postgres cannot hold NUL.
  if (at <= 0 || at === text.length - 1 || text.includes("\0")) return undefined;
  return { localPart: comparedLocalPart(text.slice(0, at)), domain: text.slice(at + 1).toLowerCase() };
}

/**
 * The local parts under which a recipient may be known, best first: its own, without subaddress, the
 * catch-all.
 */
export function candidatesFor(address: Address): readonly string[] {
  const separator = address.localPart.indexOf(subaddressSeparator);
  const base = separator > 0 ? [address.localPart.slice(0, separator)] : [];
  return [address.localPart, ...base, catchAll];
}
