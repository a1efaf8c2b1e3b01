import { parseApReq } from "./ap-req.ts";
import { isKrb5Failure } from "./binding/krb5.ts";
import type { AcceptorParts } from "./kerberos-settings.ts";
import { KPOP_REFUSED, kpopAccepted } from "./kpop-replies.ts";
import { isOurService } from "./principal.ts";
import { isRefusal, type KerberosRefusal, refusal } from "./refusal.ts";
import { refusalOfKrb5 } from "./refusal-of-failure.ts";
import { claimOnce } from "./replay-guard.ts";

/** Who the client of a KPOP connection is. Which maildrop that opens, USER and the mapping decide. */
export interface KpopIdentity {
  /** Full principal of the client. */
  readonly principal: string;
  /** Full principal of the key that opened its ticket. */
  readonly service: string;
  readonly isMutual: boolean;
}

/**
 * How an AP-REQ was taken. Write the reply in any case: together with the banner, in one write, when it was
 * accepted (else clients wait 40 ms for the second segment); and close after it when it was not.
 */
export type KpopOutcome =
  | { readonly outcome: "accepted"; readonly reply: Uint8Array; readonly identity: KpopIdentity }
  | { readonly outcome: "refused"; readonly reply: Uint8Array; readonly why: KerberosRefusal };

/** Checks the AP-REQ of a KPOP handshake, and makes what the client hears of it. */
export async function acceptKpop(parts: AcceptorParts, octets: Uint8Array): Promise<KpopOutcome> {
  const accepted = await readRequest(parts, octets);
  if (isRefusal(accepted)) return { outcome: "refused", reply: KPOP_REFUSED, why: accepted };
  const { apRep, ...identity } = accepted;
  return { outcome: "accepted", reply: kpopAccepted(apRep), identity };
}

async function readRequest(
  { contexts, replays, settings }: AcceptorParts,
  octets: Uint8Array,
): Promise<(KpopIdentity & { readonly apRep: Uint8Array | undefined }) | KerberosRefusal> {
  const apReq = parseApReq(octets);
  if (apReq === undefined) return refusal("malformed-token", "this is no AP-REQ");
  const { keytab, requiresMutual, replayTtlSeconds } = settings;
  const accepted = await contexts.use(async (context) => context.readRequest(keytab, octets));
  if (isKrb5Failure(accepted)) return refusalOfKrb5(contexts, accepted, { apReq, keytab });
  const { client: principal, service, apRep } = accepted;
  if (!isOurService(service)) return refusal("wrong-service", `${principal} has a ticket for ${service}`);
  const isMutual = apRep !== undefined;
  if (requiresMutual && !isMutual) return refusal("mutual-authentication-required", principal);
  const replayed = await claimOnce(replays, apReq, replayTtlSeconds);
  return replayed ?? { principal, service, isMutual, apRep };
}
