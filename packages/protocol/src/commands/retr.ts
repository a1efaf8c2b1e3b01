import { wordsOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import { say } from "../reply.ts";
import type { Verb } from "../verb.ts";
import { messageToSend } from "./message-argument.ts";

/** Sends a message whole. */
export const RETR: Verb = {
  rfc: "RFC 1939 §5",
  TRANSACTION: ({ listing, mode }, argument) => {
    const words = wordsOf(argument);
    if (words.length !== 1) return syntax("one-number", "RETR");
    const number = messageToSend(listing, mode, words[0]);
    if (isFault(number)) return number;
    const status = mode.speech.line(say("octets", listing.octetsOf(number)));
    return { effect: { do: "send-message", number, bodyLines: undefined, status } };
  },
};
