import { wordsOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import { scanListingSlices } from "../listing-lines.ts";
import { plain, say } from "../reply.ts";
import type { Verb } from "../verb.ts";
import { messageNamed } from "./message-argument.ts";

/** The scan listing: of one message, or of all that are not marked as deleted. */
export const LIST: Verb = {
  rfc: "RFC 1939 §5",
  TRANSACTION: ({ listing }, argument) => {
    const words = wordsOf(argument);
    if (words.length > 1) return syntax("number-or-none", "LIST");
    if (words.length === 0) {
      const { messages, octets } = listing.dropListing;
      const slices = scanListingSlices(listing);
      return { reply: say("messages", messages, octets), effect: { do: "send-slices", slices } };
    }
    const number = messageNamed(listing, words[0]);
    return isFault(number) ? number : { reply: plain(`${number} ${listing.octetsOf(number)}`) };
  },
};
