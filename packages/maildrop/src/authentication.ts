import type { Fault } from "@poplar/protocol";
import type { Authenticated, MaildropId, View } from "./identity.ts";

/** Where an attempt to log in comes from, as far as a decision may depend on it. */
export interface Peer {
  readonly address: string;
  readonly isTlsActive: boolean;
  /** The name that the client asked for in TLS (SNI), if it did. */
  readonly serverName: string | undefined;
  /** The listener that it came through, e.g. `pop3s`. */
  readonly listener: string;
  /** What ties a SASL exchange to this TLS connection, by type; empty without TLS. RFC 5929, RFC 9266. */
  channelBindings(): ReadonlyMap<string, Uint8Array>;
  /** The certificate that the client showed, checked against the authorities that the operator trusts. */
  clientCertificate(): ClientCertificate | undefined;
}

/** Who a client certificate says that its bearer is. */
export interface ClientCertificate {
  /** Distinguished name as RFC 4514 writes it, e.g. `CN=alice,O=Example`. */
  readonly subject: string;
  /** Mail addresses among the subject's alternative names. */
  readonly emails: readonly string[];
  /** SHA-256 over the certificate, lower-case hexadecimal. */
  readonly fingerprint: string;
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
  /**
   * The timestamp that the greeting shall carry, `<unique@host>`, where APOP could succeed for somebody; else
   * `undefined`. Unique over the fleet and over restarts. RFC 1939 §7.
   */
  apopTimestamp(peer: Peer): string | undefined;
  /** Checks an APOP digest, 32 lower-case hexadecimal digits, over that timestamp and the shared secret. */
  verifyApop(name: string, digest: string, timestamp: string, peer: Peer): Promise<Authenticated | Fault>;
  /** The SASL mechanisms that could succeed for somebody on this connection now, as CAPA lists them. RFC 5034 §3. */
  mechanisms(peer: Peer): readonly string[];
  /** Begins an exchange; `undefined` for a mechanism that is not among them. */
  beginExchange(mechanism: string, peer: Peer): SaslExchange | undefined;
}

/** One SASL exchange on one connection. RFC 4422 §3. */
export interface SaslExchange {
  /**
   * Takes the client's next message, decoded. The first call carries the initial response, `undefined` if there was
   * none. After anything but a challenge the exchange is over.
   */
  next(response: Uint8Array | undefined): Promise<SaslChallenge | Authenticated | Fault>;
}

/** What the server says next in an exchange; empty for a mechanism in which the client speaks first. */
export interface SaslChallenge {
  readonly challenge: Uint8Array;
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

/** What a credential is and which mechanisms use it. */
export type CredentialKind = "password";

/** A proof that opens a login. `verifier` is what is stored, e.g. an argon2id string; never the secret itself. */
export interface Credential {
  readonly credentialId: number;
  readonly kind: CredentialKind;
  readonly verifier: string;
}

/** Finds logins by their canonical name. Implemented by `storage`, called by `auth`. */
export interface LoginDirectory {
  /** @returns the login with its credentials, `undefined` if there is none, or `storage-down`. */
  findLogin(name: string): Promise<Login | undefined | Fault>;
}
