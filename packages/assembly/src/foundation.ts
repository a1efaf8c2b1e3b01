import type { SecretBox } from "@poplar/auth";
import type { Config } from "@poplar/config";
import type { Authenticator, OwnerDoor, PrefaceAcceptor } from "@poplar/maildrop";
import type { DependencyCheck, DependencyState } from "@poplar/operations";
import { isFault } from "@poplar/protocol";
import { openStorage, type Storage, type StorageLimits, startEmbeddedPostgres } from "@poplar/storage";
import { openAuthenticator } from "./authenticator.ts";
import { openKerberos } from "./kerberos.ts";
import { type Leases, openLeases } from "./leases.ts";
import { type MailKeeping, openMailKeeping } from "./mail-keeping.ts";
import { prepareSchema } from "./prepare-schema.ts";
import { openSecretBox } from "./secret-box.ts";
import type { ServiceParts } from "./service.ts";

/** What every front end stands on. */
export interface Foundation {
  readonly storage: Storage;
  readonly leases: Leases;
  readonly authenticator: Authenticator & OwnerDoor;
  readonly keeping: MailKeeping;
  /** What stands before POP on the port of KPOP; absent without Kerberos. */
  readonly kpop: PrefaceAcceptor | undefined;
  /** Seals secrets; absent where there is no key. */
  readonly box: SecretBox | undefined;
  readonly dependencies: readonly DependencyCheck[];
}

/** Opens the store (with the embedded database where no other is named), the leases and the door. */
export async function openFoundation(parts: ServiceParts): Promise<Foundation> {
  const { config, telemetry, opened, stopping } = parts;
  const { log, events } = telemetry;
  // First, because it is quickest to fail.
  const kerberosOn = await openKerberos(parts);
  let connection = config.postgresUrl;
  if (connection === undefined) {
    const embedded = await startEmbeddedPostgres(config.dataDir, log);
    opened.defer(() => embedded.stop());
    connection = embedded.url;
  }
  await prepareSchema(connection, log, stopping);
  const limits = lanesOf(config);
  const storage = await openStorage({ connection, log, events, limits });
  opened.defer(() => storage.close());
  const leases = await openLeases(config, telemetry);
  opened.defer(() => leases.store.close());
  opened.defer(() => leases.sessions.close());
  const keeping = opened.use(await openMailKeeping(config, storage, log));
  const box = await openSecretBox(config);
  const kerberos = kerberosOn?.(storage.logins);
  const extraMechanisms = kerberos?.mechanisms ?? [];
  const authenticator = await openAuthenticator(parts, { storage, box, extraMechanisms });
  return {
    storage,
    leases,
    box,
    keeping,
    authenticator,
    kpop: kerberos?.prefaces(authenticator),
    dependencies: [
      { name: "postgres", check: async () => stateOf(await storage.health()) },
      ...leases.dependencies,
    ],
  };
}

const stateOf = (answer: unknown): DependencyState =>
  isFault(answer) ? { isUp: false, detail: answer.fault } : { isUp: true, detail: "answers" };

/**
 * Shares the connections out: lookups and bodies are pipelined and need few, writes have one transaction
 * each.
 */
function lanesOf({ postgresPoolMax }: Config): Partial<StorageLimits> {
  const registryConnections = Math.min(2, Math.max(1, Math.floor(postgresPoolMax / 4)));
  const pipelined = Math.max(1, Math.floor(postgresPoolMax / 5));
  const writeLanes = Math.max(1, postgresPoolMax - registryConnections - 2 * pipelined);
  return { registryConnections, lookupLanes: pipelined, bodyLanes: pipelined, writeLanes };
}
