import type {
  AccessTokens,
  AnswerLedger,
  AuditTrail,
  CredentialDirectory,
  CredentialRegistry,
  DeliveryStore,
  ImportLedger,
  MaildropStore,
  MailKeeper,
  Registry,
  RetrievalMarks,
  TenantRegistry,
} from "@poplar/maildrop";
import { MemoryAnswers } from "./memory-store/memory-answers.ts";
import { MemoryAudit } from "./memory-store/memory-audit.ts";
import { MemoryCredentials } from "./memory-store/memory-credentials.ts";
import { MemoryDeliveries } from "./memory-store/memory-deliveries.ts";
import { MemoryKeeper } from "./memory-store/memory-keeper.ts";
import { MemoryLedger } from "./memory-store/memory-ledger.ts";
import { MemoryMaildrops } from "./memory-store/memory-maildrops.ts";
import { MemoryMarks } from "./memory-store/memory-marks.ts";
import { MemoryRegistry } from "./memory-store/memory-registry.ts";
import { MemoryTenants } from "./memory-store/memory-tenants.ts";
import { MemoryTokens } from "./memory-store/memory-tokens.ts";
import { emptyState } from "./memory-store/state.ts";

/** The ports of `storage`, which see the same mail. */
export interface StorePorts {
  readonly maildrops: MaildropStore;
  readonly deliveries: DeliveryStore;
  readonly logins: CredentialDirectory;
  readonly registry: Registry;
  readonly credentials: CredentialRegistry;
  readonly keeper: MailKeeper;
  readonly imports: ImportLedger;
  readonly marks: RetrievalMarks;
  readonly audit: AuditTrail;
}

/** The twin of the Postgres store, for fast tests. */
export interface MemoryStore extends StorePorts {
  readonly tenants: TenantRegistry;
  readonly tokens: AccessTokens;
  readonly answers: AnswerLedger;
  /** Makes every call fail with `storage-down` for this cause, until it is told `undefined`. */
  setDown(cause: Error | undefined): void;
}

/** Makes a store with nothing in it. The conformance suites hold for it as they do for Postgres. */
export function createMemoryStore(): MemoryStore {
  const state = emptyState();
  const credentials = new MemoryCredentials(state);
  return {
    maildrops: new MemoryMaildrops(state),
    deliveries: new MemoryDeliveries(state),
    logins: credentials,
    registry: new MemoryRegistry(state),
    credentials,
    keeper: new MemoryKeeper(state),
    imports: new MemoryLedger(state),
    marks: new MemoryMarks(state),
    tenants: new MemoryTenants(state),
    tokens: new MemoryTokens(state),
    answers: new MemoryAnswers(),
    audit: new MemoryAudit(state),
    setDown: (cause) => {
      state.down = cause;
    },
  };
}
