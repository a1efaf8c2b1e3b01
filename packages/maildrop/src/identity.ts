import type { Fault } from "@poplar/protocol";
import type { MailPolicy } from "./mail-policy.ts";

/** Identifies a maildrop for ever; never given to another one. */
export type MaildropId = number;

/**
 * Which part of a maildrop a login sees: everything, or the mail of one envelope local part (SDPS:
 * `john@host` on the maildrop of `host`).
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
  /** What it was proved with; given where the policy tells programs apart. */
  readonly credentialId?: number;
  /** What an operator has chosen for the login; absent: nothing in particular. */
  readonly policy?: MailPolicy;
  /**
   * What protects the rest of the connection; whoever takes this closes it, also when the maildrop stays
   * shut.
   */
  readonly securityLayer?: SecurityLayer;
}

/**
 * Protects what follows a login, both ways: from the octet after the CRLF of the `+OK` on. RFC 4422 §3.7, RFC
 * 5034 §4.
 */
export interface SecurityLayer {
  /** Protects octets to be sent. Calls are answered in their order. */
  wrap(octets: Uint8Array): Promise<Uint8Array | Fault>;
  /**
   * Takes octets that came in. @returns what they complete, perhaps nothing; after a fault the connection is
   * over.
   */
  unwrap(octets: Uint8Array): Promise<Uint8Array | Fault>;
  /** Frees what it holds. Safe to call twice. */
  close(): void;
}
