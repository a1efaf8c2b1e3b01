import { Kysely, PostgresDialect, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import pg from "pg";
import { defaultLimits } from "./limits.ts";
import { migrations } from "./migrations/index.ts";
import { asStorageError } from "./storage-error.ts";

/** Which changes of the schema a database has, and which it lacks. */
export interface MigrationStatus {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied by a newer version than this. */
  readonly later: readonly string[];
}

/**
 * Brings the schema up to date, all in one transaction; several processes may do so at once, one of them does
 * it.
 *
 * @returns the names of the migrations that were applied now. Rejects with a `StorageError`.
 */
export async function migrate(connection: string): Promise<readonly string[]> {
  return withMigrator(connection, async (migrator) => {
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw asStorageError(error);
    return (results ?? []).map((result) => result.migrationName);
  });
}

/** Compares the schema of a database with what this version needs. Rejects with a `StorageError`. */
export async function migrationStatus(connection: string): Promise<MigrationStatus> {
  return withMigrator(connection, async (migrator) => {
    const all = await migrator.getMigrations();
    const names = (isApplied: boolean): string[] =>
      all.filter((one) => (one.executedAt !== undefined) === isApplied).map((one) => one.name);
    const later = names(true).filter((name) => !Object.hasOwn(migrations, name));
    return { applied: names(true), pending: names(false), later };
  });
}

async function withMigrator<T>(connection: string, work: (migrator: Migrator) => Promise<T>): Promise<T> {
  const pool = new pg.Pool({
    connectionString: connection,
    max: 2,
    connectionTimeoutMillis: defaultLimits.connectMsMax,
    fallback_application_name: "poplar-migrate",
  });
  // A connection that is lost while idle: the next statement says so.
  pool.on("error", () => {});
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await work(new Migrator({ db, provider: { getMigrations: async () => knownAndLater(db) } }));
  } catch (error) {
    throw asStorageError(error);
  } finally {
    await db.destroy();
  }
}

/**
 * Our migrations, and those that a newer version has applied already, as if they were ours and did nothing: a
 * schema is compatible by one version, so that front ends of this one can start while the next one is rolled
 * out, or taken back.
 */
async function knownAndLater(db: Kysely<unknown>): Promise<Readonly<Record<string, Migration>>> {
  const table = await sql<{ oid: string | null }>`select to_regclass('kysely_migration') as oid`.execute(db);
  if (table.rows[0]?.oid === null) return migrations;
  const last = Object.keys(migrations).toSorted().at(-1) ?? "";
  const later = await sql<{ name: string }>`select name from kysely_migration where name > ${last}`.execute(
    db,
  );
  const nothingToDo: Migration = { up: async () => {} };
  return { ...migrations, ...Object.fromEntries(later.rows.map(({ name }) => [name, nothingToDo])) };
}
