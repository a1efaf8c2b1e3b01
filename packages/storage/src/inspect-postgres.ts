import pg from "pg";
import { defaultLimits } from "./limits.ts";
import { asStorageError } from "./storage-error.ts";

/** What a Postgres says about itself. */
export interface PostgresInspection {
  /** e.g. `18.0`. */
  readonly version: string;
  /** e.g. 180000. */
  readonly versionNumber: number;
  /** A standby, which takes no mail. */
  readonly isInRecovery: boolean;
  /** By name, as SHOW prints them. */
  readonly settings: ReadonlyMap<string, string>;
  /** How far its clock is ahead of the caller's. */
  readonly aheadMs: number;
  readonly connections: number;
}

/** The settings that are looked at. */
const settings = [
  "autovacuum",
  "fsync",
  "full_page_writes",
  "max_connections",
  "shared_buffers",
  "synchronous_commit",
  "synchronous_standby_names",
] as const;

/** Asks a Postgres about itself; it need not have our schema. Rejects with a `StorageError`. */
export async function inspectPostgres(connection: string): Promise<PostgresInspection> {
  const client = new pg.Client({
    connectionString: connection,
    connectionTimeoutMillis: defaultLimits.connectMsMax,
    query_timeout: defaultLimits.lookupMsMax,
    fallback_application_name: "poplar-doctor",
  });
  try {
    await client.connect();
    const askedMs = Date.now();
    const { rows } = await client.query<Record<string, string>>(
      `select current_setting('server_version') as version, current_setting('server_version_num') as number,
        pg_is_in_recovery()::text as recovery, (select count(*) from pg_stat_activity)::text as connections,
        (extract(epoch from clock_timestamp()) * 1000)::text as now,
        ${settings.map((name) => `current_setting('${name}') as ${name}`).join(", ")}`,
    );
    const [row = {}] = rows;
    // The answer is as old as the way back: half of the time that it took.
    const aheadMs = Number(row["now"]) - (askedMs + Date.now()) / 2;
    return {
      version: row["version"] ?? "",
      versionNumber: Number(row["number"]),
      isInRecovery: row["recovery"] === "true",
      settings: new Map(settings.map((name) => [name, row[name] ?? ""])),
      aheadMs: Math.round(aheadMs),
      connections: Number(row["connections"]),
    };
  } catch (error) {
    throw asStorageError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
