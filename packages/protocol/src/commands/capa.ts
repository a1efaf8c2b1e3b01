import { capabilities } from "../capabilities.ts";
import { isEmpty } from "../command-line.ts";
import type { Decision } from "../decision.ts";
import { syntax } from "../fault.ts";
import type { Authorization, Transaction, Verb } from "../verb.ts";

function list(session: Authorization | Transaction, argument: Uint8Array | undefined): Decision {
  if (!isEmpty(argument)) return syntax("no-argument", "CAPA");
  return { reply: { key: "capabilities-follow" }, lines: capabilities(session) };
}

/** Lists what this server can do. */
export const CAPA: Verb = { rfc: "RFC 2449 §5", AUTHORIZATION: list, TRANSACTION: list };
