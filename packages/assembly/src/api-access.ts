import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { apiFiles, type Config } from "@poplar/config";
import { StartupError } from "./startup-error.ts";
import { isWorker } from "./workers/worker-link.ts";

/** What a command line on this host needs to reach the server, left in the data folder. */
export interface ApiAccess {
  readonly token: string;
  /** Says where the API answers. */
  publish(url: string): Promise<void>;
  /** Takes that back when the server stops. */
  withdraw(): Promise<void>;
}

/**
 * Reads the API's token, or makes one. Only the server's own account can read it.
 *
 * @throws StartupError where the file is there and may not be read, or cannot be made.
 */
export async function openApiAccess(config: Config): Promise<ApiAccess> {
  const files = apiFiles(config.dataDir);
  await mkdir(config.dataDir, { recursive: true });
  const token = config.apiToken ?? (await readToken(files.token)) ?? (await makeToken(files.token));
  return {
    token,
    // Of several processes it is the supervisor that is reached.
    publish: async (url) => (isWorker() ? undefined : writeFile(files.url, `${url}\n`)),
    withdraw: async () => (isWorker() ? undefined : rm(files.url, { force: true })),
  };
}

async function readToken(file: string): Promise<string | undefined> {
  const text = await readFile(file, "utf8").catch((err: unknown) => {
    if (codeOf(err) === "ENOENT") return "";
    throw tokenRefused(file, "read", err);
  });
  return text.trim() === "" ? undefined : text.trim();
}

async function makeToken(file: string): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  await writeFile(file, `${token}\n`, { mode: 0o600 }).catch((err: unknown) => {
    throw tokenRefused(file, "written", err);
  });
  return token;
}

const codeOf = (err: unknown): string =>
  err instanceof Error && "code" in err ? String(err.code) : String(err);

const tokenRefused = (file: string, what: "read" | "written", err: unknown): StartupError =>
  new StartupError(
    `The API's token in ${file} cannot be ${what} (${codeOf(err)}). Give the file to the account that this ` +
      "program runs as, or name another token by api-token-file.",
    err,
  );
