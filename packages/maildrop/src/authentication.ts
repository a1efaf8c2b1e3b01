import type { Fault } from "@poplar/protocol";
import type { Authenticated, MaildropId, View } from "./identity.ts";

/** Where an attempt to log in comes from, as far as a decision may depend on it. */
export interface Peer {
  readonly address: string;
  readonly isTlsActive: boolean;
  /** The name that the client asked for in TLS (SNI), if it did. */
  readonly serverName: string | undefined;
}

/** Opens the door, or says why not. Implemented by `auth`, called by `server`. */
export interface Authenticator {
  /**
   * Checks a name and a password.
   *
   * An unknown name, a wrong password and a disabled login are one fault, `bad-credentials`, after one and the same
   * time; the difference is for the log alone.
   *
   * @param password octets as the client sent them, spaces and all (RFC 1939 §7).
   */
  verifyPassword(name: string, password: Uint8Array, peer: Peer): Promise<Authenticated | Fault>;
}

/** A name that somebody types, and what it opens. */
export interface Login {
  readonly loginId: number;
  /** Canonical: domain in lower case, e.g. `alice@example.test`. */
  readonly name: string;
  readonly maildropId: MaildropId;
  readonly view: View;
  readonly isDisabled: boolean;
  /** Grows with each change of the login or of its credentials; part of every cache key. */
  readonly version: number;
  readonly credentials: readonly Credential[];
}

/** A proof that opens a login. `verifier` is what is stored, e.g. an argon2id string; never the secret itself. */
export interface Credential {
  readonly credentialId: number;
  readonly kind: "password";
  readonly verifier: string;
}

/** Finds logins by their canonical name. Implemented by `storage`, called by `auth`. */
export interface LoginDirectory {
  /** @returns the login with its credentials, `undefined` if there is none, or `storage-down`. */
  findLogin(name: string): Promise<Login | undefined | Fault>;
}
