import { migrate, StorageError } from "@poplar/storage";
import type { Log } from "@poplar/telemetry";
import { StartupError } from "./startup-error.ts";

/** By the code of Node, or of Postgres (SQLSTATE). */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host cannot be looked up",
  ENOENT: "there is no such socket",
  "28P01": "it refuses the password",
  "28000": "it refuses the account",
  "3D000": "it has no such database",
  "42501": "the account may not make tables",
};

/**
 * Brings the schema of the database up to date.
 *
 * @throws StartupError that says which Postgres, and what stands in the way.
 */
export async function prepareSchema(connection: string, log: Log): Promise<void> {
  try {
    const applied = await migrate(connection);
    if (applied.length > 0) log.info({ event: "migrated", applied }, "the schema is up to date");
  } catch (err) {
    if (!(err instanceof StorageError)) throw err;
    throw new StartupError(
      "postgres-unusable",
      `Postgres${placeOf(connection)} cannot be used: ${reasonOf(err)}. Start it, or correct --postgres-url.`,
      err,
    );
  }
}

function reasonOf(err: StorageError): string {
  const { cause, sqlState } = err;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return REASONS[sqlState ?? code] ?? (err.message === "" ? code : err.message);
}

/** Where it is, without the password; nothing for a socket. */
function placeOf(connection: string): string {
  const { host } = URL.parse(connection) ?? { host: "" };
  return host === "" ? "" : ` at ${host}`;
}
