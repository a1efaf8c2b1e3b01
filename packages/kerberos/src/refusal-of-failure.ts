import type { ApReq } from "./ap-req.ts";
import { GSS_ERROR, type GssFailure, routineErrorOf } from "./binding/gss-values.ts";
import { isKrb5Failure, type Krb5Contexts, type Krb5Failure } from "./binding/krb5.ts";
import { isAboutKeys, reasonOfCode, reasonWithoutKey } from "./krb5-reasons.ts";
import { type KerberosReason, type KerberosRefusal, refusal } from "./refusal.ts";

/** Puts a failure of libkrb5 into our words; reads the keytab once more when no key fitted. */
export async function refusalOfKrb5(
  contexts: Krb5Contexts,
  failure: Krb5Failure,
  request: { readonly apReq: ApReq | undefined; readonly keytab: string | undefined },
): Promise<KerberosRefusal> {
  const reason = reasonOfCode(failure.code);
  const { apReq, keytab } = request;
  const detail = apReq === undefined ? failure.text : `${failure.text} (ticket for ${serviceOf(apReq)})`;
  if (!isAboutKeys(reason) || apReq === undefined) return refusal(reason, detail);
  const entries = await contexts.use(async (context) => context.readKeytab(keytab));
  if (!isKrb5Failure(entries)) return refusal(reasonWithoutKey(reason, apReq, entries), detail);
  const keytabReason = reasonOfCode(entries.code);
  return refusal(keytabReason === "library-failure" ? reason : keytabReason, entries.text);
}

/** The same for a failure of the GSSAPI, whose minor code is one of libkrb5. */
export async function refusalOfGss(
  contexts: Krb5Contexts,
  failure: GssFailure,
  request: { readonly apReq: ApReq | undefined; readonly keytab: string | undefined },
): Promise<KerberosRefusal> {
  const byMajor = reasonOfMajor(failure);
  if (byMajor !== undefined) return refusal(byMajor, `GSSAPI status ${failure.major.toString(16)}`);
  const { code } = failure;
  const text = await contexts.use(async (context) => context.describe(code));
  return refusalOfKrb5(contexts, typeof text === "string" ? { code, text } : text, request);
}

const DUPLICATE_TOKEN = 2;

function reasonOfMajor(failure: GssFailure): KerberosReason | undefined {
  switch (routineErrorOf(failure)) {
    case GSS_ERROR.badBindings:
      return "wrong-channel-binding";
    case GSS_ERROR.badSignature:
      return "malformed-token";
    case GSS_ERROR.defectiveToken:
      return reasonOfCode(failure.code) === "library-failure" ? "malformed-token" : undefined;
    default:
      return failure.major & DUPLICATE_TOKEN ? "replayed" : undefined;
  }
}

const serviceOf = ({ realm, service }: ApReq): string => `${service.join("/")}@${realm}`;
