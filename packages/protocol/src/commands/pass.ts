import { textOf } from "../command-line.ts";
import { syntax } from "../fault.ts";
import { isPasswordAcceptable, type Verb } from "../verb.ts";

/**
 * Opens the maildrop. The argument is the whole rest of the line: spaces are part of the password.
 *
 * RFC 1939 §7 wants it immediately after USER; a command in between, such as CAPA, is forgiven.
 */
export const PASS: Verb = {
  rfc: "RFC 1939 §7",
  AUTHORIZATION: (session, argument) => {
    if (!isPasswordAcceptable(session.link)) return { fault: "tls-required" };
    const { name } = session;
    if (name === undefined) return syntax("pass-after-user");
    session.name = undefined;
    if (argument === undefined) return syntax("password-needed");
    // Whose passwords are text has said so; others may have octets of their own. RFC 6856 §2.2.
    if (session.mode.isUtf8 && textOf(argument) === undefined) return syntax("password-not-text");
    return { effect: { do: "authenticate", name, password: argument } };
  },
};
