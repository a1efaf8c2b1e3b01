import type { Fault } from "@poplar/protocol";

/**
 * Why Kerberos turned a client away. The word is the reason id in logs and metrics; the client hears one
 * answer.
 */
export type KerberosReason =
  // What the client sent.
  | "malformed-token"
  | "kerberos-4"
  | "bad-sendauth-version"
  | "bad-application-version"
  | "frame-too-long"
  | "truncated"
  | "mutual-authentication-required"
  | "channel-binding-required"
  | "wrong-channel-binding"
  | "layer-not-offered"
  // The ticket, or the clocks.
  | "ticket-expired"
  | "ticket-not-yet-valid"
  | "clock-skew"
  | "wrong-service"
  | "unknown-realm"
  | "replayed"
  // The keys, old and new.
  | "wrong-key"
  | "key-version-missing"
  | "wrong-address"
  // Who it is.
  | "unmapped-principal"
  | "wrong-authzid"
  // Our side.
  | "keytab-missing"
  | "keytab-unreadable"
  | "no-service-key"
  | "kdc-unreachable"
  | "replay-cache-unusable"
  | "replay-store-down"
  | "library-failure";

/** An expected failure. The detail is for the log, never for the client. */
export interface KerberosRefusal {
  readonly refusal: KerberosReason;
  readonly detail: string;
}

/** Says why. */
export const refusal = (reason: KerberosReason, detail: string): KerberosRefusal => ({
  refusal: reason,
  detail,
});

/** Tells a refusal from any other value. */
export const isRefusal = (value: unknown): value is KerberosRefusal =>
  typeof value === "object" && value !== null && "refusal" in value;

const OURS: ReadonlySet<KerberosReason> = new Set([
  "keytab-missing",
  "keytab-unreadable",
  "no-service-key",
  "kdc-unreachable",
  "replay-cache-unusable",
  "replay-store-down",
  "library-failure",
]);

/**
 * What the client is told: that it may not in, whatever the reason; or to try again, when the failure is on
 * our side.
 */
export const faultOf = ({ refusal: reason, detail }: KerberosRefusal): Fault =>
  OURS.has(reason)
    ? { fault: "internal", cause: new Error(`Kerberos: ${reason}: ${detail}`) }
    : { fault: "bad-credentials" };
