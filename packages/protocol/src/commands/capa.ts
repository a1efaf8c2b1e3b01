import { capabilities } from "../capabilities.ts";
import { syntax, wordsOf } from "../command-line.ts";
import type { Decision } from "../decision.ts";
import { ok } from "../reply.ts";
import type { Authorization, Transaction, Verb } from "../verb.ts";

function list(session: Authorization | Transaction, argument: Uint8Array | undefined): Decision {
  if (wordsOf(argument)?.length !== 0) return syntax("CAPA takes no argument");
  return { reply: ok("capability list follows"), lines: capabilities(session.link, session.state) };
}

/** Lists what this server can do. */
export const CAPA: Verb = { rfc: "RFC 2449 §5", AUTHORIZATION: list, TRANSACTION: list };
