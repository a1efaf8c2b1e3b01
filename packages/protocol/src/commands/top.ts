import { wordsOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import { parseNumber } from "../message-number.ts";
import type { Verb } from "../verb.ts";
import { messageToSend } from "./message-argument.ts";

/** Sends a message's header, the empty line and so many lines of its body; all of it when it has fewer. */
export const TOP: Verb = {
  rfc: "RFC 1939 §7",
  TRANSACTION: ({ listing, mode }, argument) => {
    const words = wordsOf(argument);
    const lines = words[1] === undefined ? undefined : parseNumber(words[1]);
    if (words.length !== 2 || lines === undefined) {
      return syntax("top-arguments");
    }
    const number = messageToSend(listing, mode, words[0]);
    if (isFault(number)) return number;
    // More lines than any message has are all lines; the world outside shall not have to know 200 digits.
    const bodyLines = Math.min(lines, Number.MAX_SAFE_INTEGER);
    const status = mode.speech.line({ key: "top-follows" });
    return { effect: { do: "send-message", number, bodyLines, status } };
  },
};
