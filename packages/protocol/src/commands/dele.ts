import { wordsOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import { say } from "../reply.ts";
import type { Verb } from "../verb.ts";
import { messageNamed } from "./message-argument.ts";

/** Marks a message as deleted; it goes in the UPDATE state. Numbers of the others stay. */
export const DELE: Verb = {
  rfc: "RFC 1939 §5",
  TRANSACTION: ({ listing, isBoard }, argument) => {
    const words = wordsOf(argument);
    if (words.length !== 1) return syntax("one-number", "DELE");
    const number = messageNamed(listing, words[0]);
    if (isFault(number)) return number;
    if (isBoard) return { fault: "read-only" };
    listing.markDeleted(number);
    return { reply: say("message-deleted", number) };
  },
};
