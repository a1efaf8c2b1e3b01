import type {
  AccessTokens,
  AnswerLedger,
  AuditTrail,
  CredentialDirectory,
  CredentialRegistry,
  DeliveryStore,
  FetchedMarks,
  ImportLedger,
  MaildropStore,
  MailKeeper,
  Registry,
  RetrievalMarks,
  TenantRegistry,
} from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { Log, ServiceEvents } from "@poplar/telemetry";
import { PostgresAccessTokens } from "./access-tokens.ts";
import { PostgresAnswerLedger } from "./answer-ledger.ts";
import { PostgresAuditTrail } from "./audit-trail.ts";
import { PostgresCredentialRegistry } from "./credential-registry.ts";
import { PostgresDeliveryStore } from "./delivery-store.ts";
import { PostgresFetchedMarks } from "./fetched-marks.ts";
import { PostgresImportLedger } from "./import-ledger.ts";
import { ExclusiveLanes } from "./lane/exclusive-lanes.ts";
import type { Lanes } from "./lane/lanes.ts";
import { SharedLanes } from "./lane/shared-lanes.ts";
import { defaultLimits, type StorageLimits } from "./limits.ts";
import { Link } from "./link.ts";
import { PostgresLoginDirectory } from "./login-directory.ts";
import { PostgresMailKeeper } from "./mail-keeper.ts";
import { PostgresMaildropStore } from "./maildrop-store.ts";
import { PostgresRegistry } from "./registry.ts";
import { RegistryDatabase } from "./registry-database.ts";
import { PostgresRetrievalMarks } from "./retrieval-marks.ts";
import { ping } from "./statements.ts";
import { storageDown } from "./storage-error.ts";
import { PostgresTenantRegistry } from "./tenant-registry.ts";

/** Which Postgres, and whom to tell. */
export interface StorageOptions {
  /** `postgres://name:password@host/database`, as `pg` understands it. */
  readonly connection: string;
  readonly log: Log;
  readonly events: Pick<ServiceEvents, "dependencyDown" | "dependencyUp">;
  /** Departures from the default limits. */
  readonly limits?: Partial<StorageLimits>;
}

/** The ports that Postgres stands behind. */
export interface Storage {
  readonly maildrops: MaildropStore;
  readonly deliveries: DeliveryStore;
  readonly logins: CredentialDirectory;
  readonly registry: Registry;
  readonly credentials: CredentialRegistry;
  readonly keeper: MailKeeper;
  readonly fetched: FetchedMarks;
  readonly imports: ImportLedger;
  readonly marks: RetrievalMarks;
  readonly tenants: TenantRegistry;
  readonly tokens: AccessTokens;
  readonly answers: AnswerLedger;
  readonly audit: AuditTrail;
  /** Asks Postgres for a word. @returns `undefined` when it answers and has Poplar's schema, else why not. */
  health(): Promise<Fault | undefined>;
  /** Closes the connections; what is under way fails. */
  close(): Promise<void>;
}

/**
 * Opens the store. Does not wait for Postgres: while it is out of reach every call answers a fault at once,
 * and all is well again when it is back.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const limits: StorageLimits = { ...defaultLimits, ...options.limits };
  const link = new Link({ ...options, limits });
  const lanes = openLanes(link, limits);
  const database = new RegistryDatabase(options.connection, link);
  const audit = new PostgresAuditTrail(database, options.log);
  return {
    maildrops: new PostgresMaildropStore(lanes, limits),
    deliveries: new PostgresDeliveryStore(lanes),
    logins: new PostgresLoginDirectory(lanes.lookups, database, limits.keptLoginOctetsMax),
    registry: new PostgresRegistry(database),
    credentials: new PostgresCredentialRegistry(database),
    keeper: new PostgresMailKeeper(database),
    fetched: new PostgresFetchedMarks(lanes),
    imports: new PostgresImportLedger(database),
    marks: new PostgresRetrievalMarks(lanes),
    tenants: new PostgresTenantRegistry(database),
    tokens: new PostgresAccessTokens(database),
    answers: new PostgresAnswerLedger(database),
    audit,
    health: async () => {
      try {
        await lanes.lookups.run(ping, []);
        return undefined;
      } catch (error) {
        return storageDown(error);
      }
    },
    close: async () => {
      await audit.flush();
      link.close();
      for (const lane of [lanes.lookups, lanes.bodies, lanes.writes]) lane.close();
      await database.close();
    },
  };
}

function openLanes(link: Link, limits: StorageLimits): Lanes {
  const waitingMax = limits.waitingStatementsMax;
  const open = async (): ReturnType<Link["connect"]> => link.connect(limits.lookupMsMax);
  return {
    lookups: new SharedLanes({ lanes: limits.lookupLanes, waitingMax, open }),
    bodies: new SharedLanes({ lanes: limits.bodyLanes, waitingMax, open }),
    writes: new ExclusiveLanes({
      lanes: limits.writeLanes,
      waitingMax,
      waitMsMax: limits.lockMsMax,
      open: async () => link.connect(limits.writeMsMax),
    }),
  };
}
