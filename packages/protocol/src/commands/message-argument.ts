import { type Fault, isFault, syntax } from "../fault.ts";
import { type MessageNumber, parseNumber } from "../message-number.ts";
import type { ScanListing } from "../scan-listing.ts";
import type { Mode } from "../verb.ts";

/**
 * The one way from a word to a message: it has to be a number, and a message that is there and not marked.
 */
export function messageNamed(listing: ScanListing, word: string | undefined): MessageNumber | Fault {
  const number = word === undefined ? undefined : parseNumber(word);
  if (number === undefined) return syntax("not-a-number");
  return listing.has(number) ? number : { fault: "no-such-message" };
}

/**
 * The same for RETR and TOP, which show the message: an internationalised one, without a surrogate, to
 * clients alone that have said UTF8. RFC 6856 §4.
 */
export function messageToSend(
  listing: ScanListing,
  mode: Mode,
  word: string | undefined,
): MessageNumber | Fault {
  const number = messageNamed(listing, word);
  if (mode.isUtf8 || isFault(number)) return number;
  return listing.isInternationalised(number) && !listing.isSurrogateShown(number)
    ? { fault: "utf8-needed" }
    : number;
}
