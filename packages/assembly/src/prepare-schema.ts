import { setTimeout as delay } from "node:timers/promises";
import { migrate, migrationStatus, StorageError } from "@poplar/storage";
import type { Log } from "@poplar/telemetry";
import { StartupError } from "./startup-error.ts";

const START = "Start it, or correct --postgres-url.";
const NAME = "Correct the host in --postgres-url.";

/** What stands in the way, and what to do, by the code of Node, or of Postgres (SQLSTATE). */
const REASONS: Readonly<Record<string, readonly [reason: string, advice: string]>> = {
  ECONNREFUSED: ["nobody listens there", START],
  ECONNRESET: ["it hangs up", START],
  EHOSTUNREACH: ["the host cannot be reached", START],
  ETIMEDOUT: [
    "it does not answer in time",
    "See the firewall between here and there, or correct --postgres-url.",
  ],
  ENOTFOUND: ["there is no host of that name", NAME],
  EAI_AGAIN: ["the name of the host cannot be looked up", `See the name servers of this host. ${NAME}`],
  ENOENT: ["there is no such socket", START],
  "28P01": ["it refuses the password", "Correct the name and the password in --postgres-url."],
  "28000": ["it refuses the account", "Correct the name in --postgres-url, or let it in by pg_hba.conf."],
  "3D000": ["it has no such database", "Make it with createdb, or correct the name in --postgres-url."],
  "42501": [
    "the account may not make tables",
    "Let the owner of the database start first, or run poplar db migrate as him.",
  ],
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
    const [reason, advice] = reasonOf(refusal);
    const sentence = `Postgres${placeOf(connection)} cannot be used: ${reason}.`;
    if (!PASSING.has(codeOf(refusal))) {
      throw new StartupError(`${sentence} ${advice}`, refusal);
    }
    if (tries === 0) process.stderr.write(`poplar: ${sentence} Waiting for it.\n`);
    await delay(retryMs, undefined, { signal: stopping });
  }
}

async function tryMigrating(connection: string, log: Log): Promise<StorageError | undefined> {
  try {
    const applied = await migrate(connection);
    if (applied.length > 0) log.info({ event: "migrated", applied }, "the schema is up to date");
    const { later } = await migrationStatus(connection);
    if (later.length > 0) {
      const text =
        "the database is of a newer version than this program, which works by one version: upgrade it";
      log.warn({ event: "schema-newer", later }, text);
    }
    return undefined;
  } catch (err) {
    if (err instanceof StorageError) return err;
    throw err;
  }
}

/** What the driver says when nobody takes the connection, or nobody answers on it; it gives no code. */
const TIMEOUT = /timeout/i;

function codeOf({ cause, sqlState, message }: StorageError): string {
  if (sqlState !== undefined) return sqlState;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return TIMEOUT.test(message) ? "ETIMEDOUT" : "";
}

function reasonOf(err: StorageError): readonly [reason: string, advice: string] {
  const code = codeOf(err);
  return REASONS[code] ?? [err.message === "" ? code : err.message, START];
}

/** Where it is, without the password; nothing for a socket. */
function placeOf(connection: string): string {
  const { host } = URL.parse(connection) ?? { host: "" };
  return host === "" ? "" : ` at ${host}`;
}
