import { isEmpty } from "../command-line.ts";
import { syntax } from "../fault.ts";
import type { Verb } from "../verb.ts";

/** Does nothing, and says so. */
export const NOOP: Verb = {
  rfc: "RFC 1939 §5",
  TRANSACTION: (_session, argument) =>
    isEmpty(argument) ? { reply: { key: "still-here" } } : syntax("no-argument", "NOOP"),
};
