import { textOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import { isNameAcceptable, type Verb } from "../verb.ts";
import { checkedName } from "./name-argument.ts";

/**
 * Names the maildrop. A name that nobody has gets the same answer as any other. Where passwords may not
 * travel, the refusal comes here, before the password does (RFC 8314 §4.1).
 */
export const USER: Verb = {
  rfc: "RFC 1939 §7",
  AUTHORIZATION: (session, argument) => {
    if (!isNameAcceptable(session.link)) return { fault: "tls-required" };
    // PASS follows a USER that was accepted, not the one before it.
    session.name = undefined;
    const name = checkedName(textOf(argument));
    if (isFault(name)) return name;
    if (name === "") return syntax("name-needed");
    session.name = name;
    return { reply: { key: "password-next" } };
  },
};
