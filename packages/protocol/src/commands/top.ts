import { wordsOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import { parseNumber } from "../message-number.ts";
import { encodeReply, ok } from "../reply.ts";
import type { Verb } from "../verb.ts";
import { messageNamed } from "./message-argument.ts";

const STATUS = encodeReply(ok("top of message follows"));

/** Sends a message's header, the empty line and so many lines of its body; all of it when it has fewer. */
export const TOP: Verb = {
  rfc: "RFC 1939 §7",
  TRANSACTION: ({ listing }, argument) => {
    const words = wordsOf(argument);
    const lines = words[1] === undefined ? undefined : parseNumber(words[1]);
    if (words.length !== 2 || lines === undefined) {
      return syntax("TOP needs a message number and a number of lines");
    }
    const number = messageNamed(listing, words[0]);
    if (isFault(number)) return number;
    // More lines than any message has are all lines; the world outside shall not have to know 200 digits.
    const bodyLines = Math.min(lines, Number.MAX_SAFE_INTEGER);
    return { effect: { do: "send-message", number, bodyLines, status: STATUS } };
  },
};
