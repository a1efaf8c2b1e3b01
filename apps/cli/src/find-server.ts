import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { apiFiles, type Config } from "@poplar/config";
import { Refusal } from "./refusal.ts";

/** Where the API answers. From the configuration, or from what a server on this host left in its data dir. */
export function findUrl({ apiUrl, dataDir }: Config): string {
  if (apiUrl !== undefined) return apiUrl.replace(/\/+$/, "");
  const file = apiFiles(dataDir).url;
  const found = firstLine(file);
  if (found !== undefined && URL.canParse(found)) return found;
  throw new Refusal(
    "unreachable",
    "server-not-found",
    `No server was started here: there is no ${resolve(file)}.`,
    "Start one with npm start, or say where it is with --data-dir, --api-url or POPLAR_API_URL.",
  );
}

/** The token that the API wants. */
export function findToken({ apiToken, dataDir }: Config): string {
  if (apiToken !== undefined) return apiToken;
  const file = apiFiles(dataDir).token;
  const found = firstLine(file);
  if (found !== undefined) return found;
  throw new Refusal(
    "notAllowed",
    "token-not-found",
    `There is no API token: ${resolve(file)} cannot be read by this account.`,
    "Run poplar as the server's account, or set POPLAR_API_TOKEN_FILE.",
  );
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/, 1)[0] || undefined;
  } catch {
    return undefined;
  }
}
