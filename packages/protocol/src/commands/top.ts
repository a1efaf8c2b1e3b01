import { syntax, wordsOf } from "../command-line.ts";
import { isFault } from "../fault.ts";
import { encodeReply, ok } from "../reply.ts";
import type { Verb } from "../verb.ts";
import { messageNamed } from "./message-argument.ts";

const STATUS = encodeReply(ok("top of message follows"));

/** Sends a message's header, the empty line and so many lines of its body; all of it when it has fewer. */
export const TOP: Verb = {
  rfc: "RFC 1939 §7",
  TRANSACTION: ({ listing }, argument) => {
    const words = wordsOf(argument);
    const lines = words?.[1];
    if (words?.length !== 2 || lines === undefined || !/^[0-9]+$/.test(lines)) {
      return syntax("TOP needs a message number and a number of lines");
    }
    const number = messageNamed(listing, words[0]);
    if (isFault(number)) return number;
    return { effect: { do: "send-message", number, bodyLines: Number(lines), status: STATUS } };
  },
};
