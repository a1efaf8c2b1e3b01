import { wordsOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import { encodeReply, ok } from "../reply.ts";
import type { Verb } from "../verb.ts";
import { messageNamed } from "./message-argument.ts";

/** Sends a message whole. */
export const RETR: Verb = {
  rfc: "RFC 1939 §5",
  TRANSACTION: ({ listing }, argument) => {
    const words = wordsOf(argument);
    if (words.length !== 1) return syntax("RETR needs one message number");
    const number = messageNamed(listing, words[0]);
    if (isFault(number)) return number;
    const status = encodeReply(ok(`${listing.octetsOf(number)} octets`));
    return { effect: { do: "send-message", number, bodyLines: undefined, status } };
  },
};
