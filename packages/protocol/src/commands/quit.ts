import { syntax, wordsOf } from "../command-line.ts";
import { ok } from "../reply.ts";
import type { Verb } from "../verb.ts";

const HAS_ARGUMENT = syntax("QUIT takes no argument");

/**
 * Ends the session. Only from TRANSACTION does it lead to UPDATE; its reply then waits until the deletions are
 * durable.
 */
export const QUIT: Verb = {
  rfc: "RFC 1939 §4, §6",
  AUTHORIZATION: (_session, argument) =>
    wordsOf(argument)?.length === 0
      ? { reply: ok("bye"), effect: { do: "close", reason: "quit" } }
      : HAS_ARGUMENT,
  TRANSACTION: ({ listing }, argument) =>
    wordsOf(argument)?.length === 0 ? { effect: { do: "update", deleted: listing.deleted } } : HAS_ARGUMENT,
};
