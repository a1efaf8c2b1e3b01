import { isEmpty } from "../command-line.ts";
import { syntax } from "../fault.ts";
import { say } from "../reply.ts";
import type { Verb } from "../verb.ts";

/** Takes back every mark that DELE made. */
export const RSET: Verb = {
  rfc: "RFC 1939 §5",
  TRANSACTION: ({ listing, last }, argument) => {
    if (!isEmpty(argument)) return syntax("no-argument", "RSET");
    listing.unmarkAll();
    last.number = last.atStart;
    const { messages, octets } = listing.dropListing;
    return { reply: say("maildrop-has", messages, octets) };
  },
};
