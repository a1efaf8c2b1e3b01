import { textOf } from "../command-line.ts";
import { syntax } from "../fault.ts";
import { ok } from "../reply.ts";
import { isPasswordAcceptable, type Verb } from "../verb.ts";

// oxlint-disable-next-line no-control-regex -- a NUL in a name is what this is for: stores refuse it, logs break on it
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Names the maildrop. A name that nobody has gets the same answer as any other. Where passwords may not travel, the
 * refusal comes here, before the password does (RFC 8314 §4.1).
 */
export const USER: Verb = {
  rfc: "RFC 1939 §7",
  AUTHORIZATION: (session, argument) => {
    if (!isPasswordAcceptable(session.link)) return { fault: "tls-required" };
    // PASS follows a USER that was accepted, not the one before it.
    session.name = undefined;
    const name = textOf(argument);
    if (name === undefined || CONTROL.test(name)) return syntax("the name is not text in UTF-8");
    if (name === "") return syntax("USER needs a name");
    session.name = name;
    return { reply: ok("now the password") };
  },
};
