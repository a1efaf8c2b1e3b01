import type { Fault } from "@poplar/protocol";
import type { Authenticated, MaildropId, View } from "./identity.ts";
import type { MailPolicy } from "./mail-policy.ts";

/** Where an attempt to log in comes from, as far as a decision may depend on it. */
export interface Peer {
  readonly address: string;
  /** The port that it comes from. RFC 1081; absent: not known. */
  readonly port?: number | undefined;
  readonly isTlsActive: boolean;
  /** The name that the client asked for in TLS (SNI), if it did. */
  readonly serverName: string | undefined;
  /** The listener that it came through, e.g. `pop3s`. */
  readonly listener: string;
  /** Our own address that it connected to: some providers tell their domains apart by it. */
  readonly localAddress?: string | undefined;
  /** May it send a password without TLS? RFC 8314 §4.1; absent: no. */
  readonly isPlaintextAllowed?: boolean;
  /** From accept to close, for the audit. */
  readonly sessionId?: string;
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
   * An unknown name, a wrong password and a disabled login are one fault, `bad-credentials`, after one and
   * the same time; the difference is for the log alone.
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
  /**
   * The SASL mechanisms that could succeed for somebody on this connection now, as CAPA lists them. RFC 5034
   * §3.
   */
  mechanisms(peer: Peer): readonly string[];
  /** Begins an exchange; `undefined` for a mechanism that is not among them. */
  beginExchange(mechanism: string, peer: Peer): SaslExchange | undefined;
  /** The way in for those whose host is trusted to know them; absent: there is none. RFC 1081. */
  readonly rpop?: RpopDoor | undefined;
}

/** The way in for owners of logins to what is theirs beside mail. Implemented by `auth`. */
export interface OwnerDoor {
  /**
   * Checks the main password of a login, and its one-time code where it has some. App passwords are for mail
   * and open nothing here.
   *
   * @returns `bad-credentials` for everything that is not right, as `verifyPassword` does.
   */
  verifyOwner(
    name: string,
    proof: { readonly password: Uint8Array; readonly code: string | undefined },
    peer: Peer,
  ): Promise<Authenticated | Fault>;
}

/** Lets in without a password whom a trusted host vouches for. RFC 1081. */
export interface RpopDoor {
  /** Is the client's host trusted, and does its superuser speak? */
  isPossible(peer: Peer): boolean;
  /**
   * Opens the login of that name for somebody who is called `clientUser` on his own host.
   *
   * @returns `bad-credentials` for everything that is not right, as `verifyPassword` does.
   */
  verify(name: string, clientUser: string, peer: Peer): Promise<Authenticated | Fault>;
}

/** One SASL exchange on one connection. RFC 4422 §3. */
export interface SaslExchange {
  /**
   * Takes the client's next message, decoded. The first call carries the initial response, `undefined` if
   * there was none. After anything but a challenge the exchange is over.
   */
  next(response: Uint8Array | undefined): Promise<SaslChallenge | Authenticated | Fault>;
  /** The name that the client has given so far, for the log. */
  readonly name?: string | undefined;
  /** Frees what it holds, if it holds anything. Called once, after its end or in the middle of it. */
  close?(): void;
}

/** What the server says next in an exchange; empty for a mechanism in which the client speaks first. */
export interface SaslChallenge {
  readonly challenge: Uint8Array;
}

/** A name that somebody types, and what it opens. */
export interface Login {
  readonly loginId: number;
  /**
   * Canonical: in lower case, `alice@example.test`. Without `@` it is the login of a whole host, whose mail
   * is split among local parts (SDPS).
   */
  readonly name: string;
  readonly maildropId: MaildropId;
  readonly view: View;
  readonly isDisabled: boolean;
  /** Grows with each change of the login or of its credentials; part of every cache key. */
  readonly version: number;
  /**
   * Its own, and on a view of a host those of the host, too: all users of a host share its passwords (SDPS).
   */
  readonly credentials: readonly Credential[];
  /** Whose domain it is in; absent: the one tenant that there is. */
  readonly tenant?: string;
  /** Under which circumstances it opens at all; absent: under all. */
  readonly restrictions?: LoginRestrictions;
  /** What POP shows of its maildrop, and what becomes of mail there; absent: nothing in particular. */
  readonly policy?: MailPolicy;
}

/** What an operator has forbidden a login, whatever it proves. */
export interface LoginRestrictions {
  /** The only mechanisms it may use; absent: all. */
  readonly mechanisms?: readonly string[];
  /** The only networks it may come from, as CIDR; absent: all. */
  readonly networks?: readonly string[];
  readonly requiresTls?: boolean;
}

/**
 * What a credential is, and so what its verifier holds and which mechanisms use it.
 *
 * Those that compute with a secret (`shared-secret`, `cram-md5`, `scram-…`, `totp`) hold it sealed; the last
 * three are names by which somebody else vouches: a principal with its realm, `sha256:…`, `subject:…` or
 * `email:…` of a client certificate, `issuer subject` of an OAuth token.
 */
export type CredentialKind =
  | "password"
  | "app-password"
  | "shared-secret"
  | "cram-md5"
  | "scram-sha-1"
  | "scram-sha-256"
  | "totp"
  | "kerberos-principal"
  | "client-certificate"
  | "oauth-subject";

/** The kinds that are made from the password and change with it. */
export const PASSWORD_KINDS: readonly CredentialKind[] = [
  "password",
  "shared-secret",
  "cram-md5",
  "scram-sha-1",
  "scram-sha-256",
];

/**
 * Credentials that one login may have: all of them are read each time that somebody tries its name, and
 * owners make app passwords themselves.
 */
export const CREDENTIALS_MAX = 100;

/** A proof that opens a login. */
export interface Credential extends NewCredential {
  readonly credentialId: number;
}

/** A credential to be. */
export interface NewCredential {
  readonly kind: CredentialKind;
  /** What is stored, e.g. an argon2id string; never the secret itself. */
  readonly verifier: string;
  /** What its owner calls it, e.g. `phone`; the second password of a host is called `second`. */
  readonly label?: string;
  /** What it is good for; absent: for everything. */
  readonly scopes?: readonly string[];
  /** The only networks it opens from, as CIDR; absent: all. */
  readonly networks?: readonly string[];
  readonly expiresAt?: Date;
  /** The time step of the one-time code that was shown already, when it was made. RFC 6238 §5.2. */
  readonly lastStep?: number;
}

/** Finds logins by their canonical name. Implemented by `storage`, called by `auth`. */
export interface LoginDirectory {
  /** @returns the login with its credentials, `undefined` if there is none, or `storage-down`. */
  findLogin(name: string): Promise<Login | undefined | Fault>;
}

/**
 * What the door needs to know, and to note, about credentials. Implemented by `storage`, called by `auth`.
 */
export interface CredentialDirectory extends LoginDirectory {
  /**
   * The login whose name comes first among these; one question to the store, however many names there are.
   */
  findFirstLogin(names: readonly string[]): Promise<Login | undefined | Fault>;
  /** The login that has a credential of this kind with one of these verifiers; the first of them counts. */
  findByCredential(kind: CredentialKind, verifiers: readonly string[]): Promise<Login | undefined | Fault>;
  /**
   * Puts a better verifier of the same secret in the place of one, unless somebody has changed that one
   * meanwhile; and beside it others that are made of this secret, where there are none of their kind.
   */
  replaceVerifier(
    credentialId: number,
    from: string,
    to: string,
    others?: readonly NewCredential[],
  ): Promise<boolean | Fault>;
  /**
   * Takes a time step for a one-time code: `false` when it, or a later one, was taken before. RFC 6238 §5.2.
   */
  claimStep(credentialId: number, step: number): Promise<boolean | Fault>;
  /** Notes that a credential was used. */
  recordUse(credentialId: number, at: Date): Promise<undefined | Fault>;
}

/** Counts what strangers do, over the fleet. Implemented by `lease` in Redis and by `auth` in memory. */
export interface AttemptCounter {
  /**
   * Adds one; what was counted is forgotten `windowSeconds` after the first. @returns the count; 0 when it is
   * out of reach.
   */
  add(key: string, windowSeconds: number): Promise<number>;
  /**
   * @returns the counts in order; zeros when it is out of reach: the door stays open when its counter is
   * broken.
   */
  read(keys: readonly string[]): Promise<readonly number[]>;
  forget(key: string): Promise<void>;
  /** Sets a mark that stands for `seconds`. Costs its caller no waiting; may be lost with the process. */
  mark(key: string, seconds: number): void;
  /** Does a mark stand? `false` when it is out of reach. */
  isMarked(key: string): Promise<boolean>;
}
