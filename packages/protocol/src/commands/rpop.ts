import { textOf } from "../command-line.ts";
import { isFault, syntax } from "../fault.ts";
import type { Verb } from "../verb.ts";
import { checkedName } from "./name-argument.ts";

/**
 * Opens the maildrop of USER's name without a password, for somebody whose host is trusted to know who he is:
 * it says so from a port that only its superuser can have. Of an RFC that is no more; for closed networks.
 */
export const RPOP: Verb = {
  rfc: "RFC 1081",
  AUTHORIZATION: (session, argument) => {
    const { link, name } = session;
    if (link.rpop === undefined) return { fault: "unknown-command" };
    session.name = undefined;
    if (link.rpop === "not-from-here") return { fault: "mechanism-unavailable" };
    const clientUser = checkedName(textOf(argument));
    if (isFault(clientUser)) return clientUser;
    if (name === undefined || clientUser === "") return syntax("rpop-arguments");
    return { effect: { do: "verify-rpop", name, clientUser } };
  },
};
