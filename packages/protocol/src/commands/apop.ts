import { textOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import type { Verb } from "../verb.ts";
import { checkedName } from "./name-argument.ts";

const ARGUMENT = /^(?<name>.+) (?<digest>[0-9a-f]{32})$/u;

/** Opens the maildrop with a digest over the greeting's timestamp and a shared secret. */
export const APOP: Verb = {
  rfc: "RFC 1939 §7",
  AUTHORIZATION: (session, argument) => {
    session.name = undefined;
    const { apopTimestamp: timestamp } = session;
    if (timestamp === undefined) return { fault: "mechanism-unavailable" };
    const text = checkedName(textOf(argument));
    if (isFault(text)) return text;
    const { name, digest } = ARGUMENT.exec(text)?.groups ?? {};
    if (name === undefined || digest === undefined) {
      return syntax("apop-arguments");
    }
    return { effect: { do: "verify-apop", name, digest, timestamp } };
  },
};
