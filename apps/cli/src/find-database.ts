import { resolve } from "node:path";
import type { Config } from "@poplar/config";
import { Refusal } from "./refusal.ts";

/** Which Postgres: that of the configuration, or the embedded one of the data dir. */
export async function findDatabase({ postgresUrl, dataDir }: Config): Promise<string> {
  if (postgresUrl !== undefined) return postgresUrl;
  const { embeddedPostgresUrl } = await import("@poplar/storage");
  const embedded = await embeddedPostgresUrl(dataDir);
  if (embedded !== undefined) return embedded;
  throw new Refusal(
    "usage",
    "database-not-found",
    `No Postgres is named, and there is none in ${resolve(dataDir)}: set POPLAR_POSTGRES_URL.`,
  );
}
