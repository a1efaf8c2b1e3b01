import { isEmpty } from "../command-line.ts";
import { syntax } from "../fault.ts";
import { plain } from "../reply.ts";
import type { Verb } from "../verb.ts";

/** The drop listing: how many messages, how many octets. Nothing may follow the two numbers. */
export const STAT: Verb = {
  rfc: "RFC 1939 §5",
  TRANSACTION: ({ listing }, argument) => {
    if (!isEmpty(argument)) return syntax("no-argument", "STAT");
    const { messages, octets } = listing.dropListing;
    return { reply: plain(`${messages} ${octets}`) };
  },
};
