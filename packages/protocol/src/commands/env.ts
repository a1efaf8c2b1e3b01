import { wordsOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import type { Verb } from "../verb.ts";
import { messageNamed } from "./message-argument.ts";

/** The envelope that a message came in: an extension of Demon Internet's SDPS, which no RFC has. */
export const ENV: Verb = {
  rfc: "SDPS",
  TRANSACTION: ({ listing, link }, argument) => {
    if (!link.isSdpsOffered) return { fault: "unknown-command" };
    const words = wordsOf(argument);
    if (words.length !== 1) return syntax("one-number", "*ENV");
    const number = messageNamed(listing, words[0]);
    return isFault(number) ? number : { effect: { do: "find-envelope", number } };
  },
};
