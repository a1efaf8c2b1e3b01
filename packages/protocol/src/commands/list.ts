import { wordsOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import { boardListingSlices, scanListingSlices } from "../listing-lines.ts";
import { plain, say } from "../reply.ts";
import type { Verb } from "../verb.ts";
import { messageNamed } from "./message-argument.ts";

/** The scan listing: of one message, or of all that are not marked as deleted. */
export const LIST: Verb = {
  rfc: "RFC 1939 §5",
  TRANSACTION: ({ listing, isBoard }, argument) => {
    const words = wordsOf(argument);
    if (words.length > 1) return syntax("number-or-none", "LIST");
    if (words.length === 0) {
      const { messages, octets } = listing.dropListing;
      const slices = isBoard ? boardListingSlices(listing) : scanListingSlices(listing);
      return { reply: say("messages", messages, octets), effect: { do: "send-slices", slices } };
    }
    const number = messageNamed(listing, words[0]);
    if (isFault(number)) return number;
    // RFC 1082: on a board, what it counts its messages by.
    const own = isBoard ? ` ${listing.uidOf(number)}` : "";
    return { reply: plain(`${number} ${listing.octetsOf(number)}${own}`) };
  },
};
