import {
  faultOf,
  findLogin,
  type KerberosAcceptor,
  type KerberosRefusal,
  type PrincipalMapping,
} from "@poplar/kerberos";
import type { Peer } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { Log } from "@poplar/telemetry";

/** What everybody passes who shows a ticket. */
export interface KerberosDoor {
  readonly acceptor: KerberosAcceptor;
  readonly mapping: PrincipalMapping;
  readonly log: Pick<Log, "info" | "error">;
}

/** Why a ticket opens nothing: a reason id, or a fault of ours. The details are in the log. */
export type KerberosWhy = { readonly why: Fault | string };

/** Notes why somebody is turned away. */
export function turnAway({ log }: KerberosDoor, refusal: KerberosRefusal, peer: Peer): KerberosWhy {
  const fault = faultOf(refusal);
  const isOurs = fault.fault === "internal";
  const { address, listener, sessionId } = peer;
  const { refusal: reason, detail } = refusal;
  const event = { event: "kerberos-refused", reason, detail, address, listener, sessionId };
  log[isOurs ? "error" : "info"](event, `Kerberos login refused: ${reason}`);
  return { why: isOurs ? fault : reason };
}

/**
 * The login that a principal opens.
 *
 * @param asked what the client said beside its ticket; it chooses nothing.
 */
export async function loginOf(
  door: KerberosDoor,
  { principal, asked }: { readonly principal: string; readonly asked: string | undefined },
  peer: Peer,
): Promise<{ readonly login: string } | KerberosWhy> {
  const found = await findLogin(door.mapping, principal, asked);
  if (typeof found === "string") return { login: found };
  return isFault(found) ? { why: found } : turnAway(door, found, peer);
}
