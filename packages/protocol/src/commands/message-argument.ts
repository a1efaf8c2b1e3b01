import { type Fault, syntax } from "../fault.ts";
import { type MessageNumber, parseNumber } from "../message-number.ts";
import type { ScanListing } from "../scan-listing.ts";

/** The one way from a word to a message: it has to be a number, and a message that is there and not marked. */
export function messageNamed(listing: ScanListing, word: string | undefined): MessageNumber | Fault {
  const number = word === undefined ? undefined : parseNumber(word);
  if (number === undefined) return syntax("a message number is needed: digits only");
  return listing.has(number) ? number : { fault: "no-such-message" };
}
