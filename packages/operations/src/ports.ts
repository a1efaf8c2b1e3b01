import type {
  AccessTokens,
  AuditTrail,
  Credential,
  CredentialRegistry,
  ImportedAs,
  ImportLedger,
  LeaseStore,
  LoginDirectory,
  MailKeeper,
  NewCredential,
  OwnerDoor,
  Registry,
  ResolvedRecipient,
  SessionRegistry,
  TenantRegistry,
} from "@poplar/maildrop";
import type { ServiceEvents } from "@poplar/telemetry";

/** Where a message comes from. */
export interface MessageOrigin {
  /** Of the request that brought it; also in the events. */
  readonly sessionId: string;
  /** Names the message in its Received field. */
  readonly id: string;
  /** Without the angle brackets; empty for the null reverse-path. */
  readonly reversePath: string;
  readonly protocol: string;
}

/** A copy that is durable. */
export interface DeliveredCopy {
  readonly recipient: string;
  readonly maildropId: number;
  readonly uid: number;
}

/** A copy that was not taken. */
export interface RefusedCopy {
  readonly recipient: string;
  readonly refusal: { readonly reason: string; readonly cause?: unknown };
}

/** Takes messages in. Implemented by `delivery`. */
export interface Deliverer {
  /** Leads a recipient to its maildrop. */
  resolve(origin: MessageOrigin, recipient: string): Promise<ResolvedRecipient | RefusedCopy>;
  /** Stores a message for recipients that were resolved; one outcome for each, in order. */
  deliver(
    origin: MessageOrigin,
    recipients: readonly ResolvedRecipient[],
    source: AsyncIterable<Uint8Array>,
    imported?: ImportedAs,
  ): Promise<readonly (DeliveredCopy | RefusedCopy)[]>;
}

/** What is stored for one password. */
export interface PasswordCredentials {
  readonly passwordVerifier: string;
  /** For the mechanisms that cannot do with that. */
  readonly others: readonly NewCredential[];
}

/** What is wanted of a password beside PASS and PLAIN. */
export interface PasswordUses {
  /** Keep it, sealed, for APOP, CRAM-MD5 and DIGEST-MD5. */
  readonly isSharedSecret: boolean;
}

/** Makes credentials as they are stored. Implemented by `auth`. */
export interface CredentialMaker {
  /** Does it have a key to seal with? Without, there are passwords and nothing else. */
  readonly canSeal: boolean;
  ofPassword(password: string, uses: PasswordUses): Promise<PasswordCredentials>;
  /** Takes over what another server has stored. @returns why not, in words that say nothing of the secret. */
  ofStored(stored: string, uses: PasswordUses): PasswordCredentials | string;
  newAppPassword(): { readonly password: string; readonly verifier: string };
  enrolTotp(
    login: string,
    uses: { readonly mayFollowPassword: boolean },
  ): { readonly secret: string; readonly uri: string; readonly credential: NewCredential };
  /**
   * The same secret under the newest key; `awaits-owner`: a hash, which only the secret itself can renew.
   */
  reseal(
    credential: Pick<Credential, "kind" | "verifier">,
  ): { readonly verifier: string } | "current" | "unreadable" | "awaits-owner";
  /** Does the owner's app show the code of this enrolment? `false` for what is none of ours. */
  isTotpCode(credential: Pick<NewCredential, "verifier">, code: string): boolean;
}

/** What the use cases need. */
export interface OperationPorts {
  readonly registry: Registry;
  readonly credentials: CredentialRegistry;
  readonly directory: LoginDirectory;
  readonly deliverer: Deliverer;
  readonly leases: Pick<LeaseStore, "holders" | "breakLeases">;
  readonly sessions: Pick<SessionRegistry, "findSessions" | "endSessions">;
  readonly events: Pick<ServiceEvents, "operationDone">;
  readonly keeper: MailKeeper;
  readonly imports: ImportLedger;
  readonly audit: AuditTrail;
  readonly maker: CredentialMaker;
  readonly tenants: TenantRegistry;
  readonly tokens: AccessTokens;
  /** The way in for owners of logins. */
  readonly owners: OwnerDoor;
}
