import { isEmpty } from "../command-line.ts";
import { syntax } from "../fault.ts";
import { leaving } from "../leaving.ts";
import type { Verb } from "../verb.ts";

const HAS_ARGUMENT = syntax("no-argument", "QUIT");

/**
 * Ends the session. Only from TRANSACTION does it lead to UPDATE; its reply then waits until the deletions
 * are durable.
 */
export const QUIT: Verb = {
  rfc: "RFC 1939 §4, §6",
  AUTHORIZATION: (_session, argument) =>
    isEmpty(argument) ? { reply: { key: "bye" }, effect: { do: "close", reason: "quit" } } : HAS_ARGUMENT,
  TRANSACTION: (session, argument) =>
    isEmpty(argument) ? { effect: { do: "update", ...leaving(session) } } : HAS_ARGUMENT,
};
