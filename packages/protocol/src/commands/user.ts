import { syntax, utf8Of } from "../command-line.ts";
import { ok } from "../reply.ts";
import { isPasswordAcceptable, type Verb } from "../verb.ts";

/**
 * Names the maildrop. A name that nobody has gets the same answer as any other. Where passwords may not travel, the
 * refusal comes here, before the password does (RFC 8314 §4.1).
 */
export const USER: Verb = {
  rfc: "RFC 1939 §7",
  AUTHORIZATION: (session, argument) => {
    if (!isPasswordAcceptable(session.link)) return { fault: "tls-required" };
    const name = argument === undefined ? "" : utf8Of(argument)?.trimEnd();
    if (name === undefined) return syntax("the name is not UTF-8");
    if (name === "") return syntax("USER needs a name");
    session.name = name;
    return { reply: ok("now the password") };
  },
};
