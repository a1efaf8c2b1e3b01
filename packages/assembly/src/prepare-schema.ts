import { setTimeout as delay } from "node:timers/promises";
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

/** What passes by itself: a Postgres that is not up yet, is starting, or has no connection left. */
const PASSING: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "ENOENT",
  "57P03",
  "53300",
]);

const retryMs = 1000;

/**
 * Brings the schema of the database up to date. Waits for a Postgres that is not up yet, and says so once.
 *
 * @param stopping ends the waiting: then it rejects with its reason.
 * @throws StartupError that says which Postgres, and what stands in the way, when waiting would not help.
 */
export async function prepareSchema(connection: string, log: Log, stopping: AbortSignal): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const refusal = await tryMigrating(connection, log);
    if (refusal === undefined) return;
    const sentence = `Postgres${placeOf(connection)} cannot be used: ${reasonOf(refusal)}.`;
    if (!PASSING.has(codeOf(refusal))) {
      throw new StartupError(`${sentence} Start it, or correct --postgres-url.`, refusal);
    }
    if (tries === 0) process.stderr.write(`poplar: ${sentence} Waiting for it.\n`);
    await delay(retryMs, undefined, { signal: stopping });
  }
}

async function tryMigrating(connection: string, log: Log): Promise<StorageError | undefined> {
  try {
    const applied = await migrate(connection);
    if (applied.length > 0) log.info({ event: "migrated", applied }, "the schema is up to date");
    return undefined;
  } catch (err) {
    if (err instanceof StorageError) return err;
    throw err;
  }
}

function codeOf({ cause, sqlState }: StorageError): string {
  return sqlState ?? (cause instanceof Error && "code" in cause ? String(cause.code) : "");
}

function reasonOf(err: StorageError): string {
  const code = codeOf(err);
  return REASONS[code] ?? (err.message === "" ? code : err.message);
}

/** Where it is, without the password; nothing for a socket. */
function placeOf(connection: string): string {
  const { host } = URL.parse(connection) ?? { host: "" };
  return host === "" ? "" : ` at ${host}`;
}
