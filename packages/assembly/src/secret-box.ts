import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openSecretKeys, SecretBox, SecretKeysError } from "@poplar/auth";
import type { Config } from "@poplar/config";
import { StartupError } from "./startup-error.ts";

/**
 * The keys that secrets are sealed with, from the file that is named, else from the data dir. One server
 * that is all there is makes them itself there; the nodes of a fleet must have the same, so none of them
 * makes any, and without there are no secrets to seal.
 */
export async function openSecretBox({ app, dataDir, secretKeys }: Config): Promise<SecretBox | undefined> {
  const file = secretKeys ?? join(dataDir, "secret-keys");
  const mayCreate = app === "standalone" && secretKeys === undefined;
  if (!mayCreate && secretKeys === undefined && !existsSync(file)) return undefined;
  try {
    await mkdir(dataDir, { recursive: true });
    return new SecretBox(await openSecretKeys(file, { mayCreate }));
  } catch (err) {
    const message = err instanceof SecretKeysError ? err.message : `${file} cannot be used`;
    throw new StartupError(message, err);
  }
}
