import { capabilities } from "../capabilities.ts";
import { isEmpty } from "../command-line.ts";
import type { Decision } from "../decision.ts";
import { syntax } from "../fault.ts";
import { ok } from "../reply.ts";
import type { Authorization, Transaction, Verb } from "../verb.ts";

function list(session: Authorization | Transaction, argument: Uint8Array | undefined): Decision {
  if (!isEmpty(argument)) return syntax("CAPA takes no argument");
  return { reply: ok("capability list follows"), lines: capabilities(session.link, session.state) };
}

/** Lists what this server can do. */
export const CAPA: Verb = { rfc: "RFC 2449 §5", AUTHORIZATION: list, TRANSACTION: list };
