import type {
  AccessTokens,
  AuditTrail,
  CredentialMaker,
  CredentialRegistry,
  ImportedAs,
  ImportLedger,
  LeaseStore,
  LoginDirectory,
  MailKeeper,
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
