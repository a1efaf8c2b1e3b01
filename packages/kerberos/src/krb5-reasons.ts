import type { ApReq } from "./ap-req.ts";
import type { KeytabEntry } from "./binding/krb5.ts";
import type { KerberosReason } from "./refusal.ts";

/** Codes of libkrb5 (krb5/krb5.h), of ASN.1 and of errno. */
const REASONS: ReadonlyMap<number, KerberosReason> = new Map<number, KerberosReason>([
  [2, "keytab-missing"], // ENOENT
  [13, "keytab-unreadable"], // EACCES
  [-1765328378, "wrong-key"], // KDC_ERR_C_PRINCIPAL_UNKNOWN: the self-test alone
  [-1765328353, "wrong-key"], // AP_ERR_BAD_INTEGRITY
  [-1765328352, "ticket-expired"], // AP_ERR_TKT_EXPIRED
  [-1765328351, "ticket-not-yet-valid"], // AP_ERR_TKT_NYV
  [-1765328350, "replayed"], // AP_ERR_REPEAT
  [-1765328349, "wrong-service"], // AP_ERR_NOT_US
  [-1765328348, "malformed-token"], // AP_ERR_BADMATCH
  [-1765328347, "clock-skew"], // AP_ERR_SKEW
  [-1765328346, "wrong-address"], // AP_ERR_BADADDR
  [-1765328345, "malformed-token"], // AP_ERR_BADVERSION
  [-1765328344, "malformed-token"], // AP_ERR_MSG_TYPE
  [-1765328343, "wrong-key"], // AP_ERR_MODIFIED
  [-1765328340, "key-version-missing"], // AP_ERR_BADKEYVER
  [-1765328339, "no-service-key"], // AP_ERR_NOKEY
  [-1765328246, "malformed-token"], // KRB5_BADMSGTYPE
  [-1765328240, "wrong-service"], // AP_WRONG_PRINC
  [-1765328239, "ticket-not-yet-valid"], // AP_ERR_TKT_INVALID
  [-1765328230, "unknown-realm"], // REALM_UNKNOWN
  [-1765328228, "kdc-unreachable"], // KDC_UNREACH
  [-1765328221, "replayed"], // RC_REPLAY
  [-1765328205, "keytab-unreadable"], // KT_BADNAME
  [-1765328204, "keytab-unreadable"], // KT_UNKNOWN_TYPE
  [-1765328203, "no-service-key"], // KT_NOTFOUND
  [-1765328200, "keytab-unreadable"], // KT_IOERR
  [-1765328171, "keytab-unreadable"], // KEYTAB_BADVNO
  [-1765328154, "key-version-missing"], // KT_KVNONOTFOUND
  [-1765328149, "keytab-unreadable"], // KT_FORMAT
  [39756033, "no-service-key"], // KG_KEYTAB_NOMATCH, of the GSSAPI
]);

const REPLAY_CACHE = { first: -1765328225, last: -1765328212 } as const;
const RCACHE_BADVNO = -1765328173;
const ASN1 = { first: 1859794432, last: 1859794432 + 255 } as const;

/** The reason behind a code of libkrb5. */
export function reasonOfCode(code: number): KerberosReason {
  const reason = REASONS.get(code);
  if (reason !== undefined) return reason;
  if (code >= ASN1.first && code <= ASN1.last) return "malformed-token";
  if (code === RCACHE_BADVNO || (code >= REPLAY_CACHE.first && code <= REPLAY_CACHE.last)) {
    return "replay-cache-unusable";
  }
  return "library-failure";
}

/**
 * Reasons that libkrb5 gives when no key fits: which of them it is, it words differently from release to
 * release.
 */
const NO_KEY_FITS: ReadonlySet<KerberosReason> = new Set([
  "wrong-service",
  "no-service-key",
  "wrong-key",
  "key-version-missing",
]);

/** Does the reason become clearer by a look at the keytab? */
export const isAboutKeys = (reason: KerberosReason): boolean => NO_KEY_FITS.has(reason);

/** Why no key of the keytab opened a ticket: told from what the ticket says, in clear, that it is for. */
export function reasonWithoutKey(
  reason: KerberosReason,
  { realm, service }: ApReq,
  keytab: readonly KeytabEntry[],
): KerberosReason {
  if (service[0] !== "pop") return "wrong-service";
  const ours = keytab.map(({ principal }) => principal).filter((principal) => principal.startsWith("pop/"));
  if (ours.length === 0) return "no-service-key";
  if (!ours.some((principal) => principal.endsWith(`@${realm}`))) return "unknown-realm";
  if (!ours.includes(`${service.join("/")}@${realm}`)) return "wrong-service";
  return reason === "wrong-key" ? "wrong-key" : "key-version-missing";
}
