/** Identifies a maildrop for ever; never given to another one. */
export type MaildropId = number;

/**
 * Which part of a maildrop a login sees: everything, or the mail of one envelope local part (SDPS: `john@host` on the
 * maildrop of `host`).
 */
export type View = { readonly kind: "whole" } | { readonly kind: "local-part"; readonly localPart: string };

export const WHOLE: View = { kind: "whole" };

/** One session of one client, as leases, logs and the audit know it. */
export interface Holder {
  /** From accept to close; unique over the fleet. */
  readonly sessionId: string;
  readonly login: string;
  /** Address of the client, without the port. */
  readonly address: string;
}

/**
 * What AUTHORIZATION hands over. Nothing behind it asks how it came about.
 */
export interface Authenticated {
  /** The canonical name of the login, for logs and the audit. */
  readonly login: string;
  readonly maildropId: MaildropId;
  readonly view: View;
  /** `USER` for USER/PASS, else the name of the SASL mechanism. */
  readonly mechanism: string;
}
