import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { SecretKey } from "./secret-box.ts";

/** Why a file of keys is of no use. */
export class SecretKeysError extends Error {
  override readonly name = "SecretKeysError";
}

const LINE = /^(?<keyId>[A-Za-z0-9-]+) (?<octets>[A-Za-z0-9+/]{43}=)$/;

/** A new line for a file of keys: to rotate, add one at its end on every node, and restart. */
export const newSecretKeyLine = (keyId: string): string => `${keyId} ${randomBytes(32).toString("base64")}\n`;

/**
 * Reads keys, the oldest first: a line each, an id and 32 octets in base64; empty lines and `#` are passed
 * over.
 *
 * @throws SecretKeysError on a line that is none, an id that stands twice, or no key at all.
 */
export function parseSecretKeys(text: string): readonly SecretKey[] {
  const keys = new Map<string, SecretKey>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const { keyId, octets } = LINE.exec(line.trimEnd())?.groups ?? {};
    if (keyId === undefined || octets === undefined) {
      throw new SecretKeysError(`line ${index + 1} is not an id and 32 octets in base64`);
    }
    if (keys.has(keyId)) throw new SecretKeysError(`line ${index + 1}: the key ${keyId} stands there twice`);
    keys.set(keyId, { keyId, octets: Buffer.from(octets, "base64") });
  }
  if (keys.size === 0) throw new SecretKeysError("there is no key in it");
  return [...keys.values()];
}

/**
 * Reads the keys of the installation from a file.
 *
 * @param mayCreate makes the file, readable by its owner alone, where there is none: for one node that is all
 *    there is.
 * @throws SecretKeysError naming the file.
 */
export async function openSecretKeys(
  file: string,
  { mayCreate }: { readonly mayCreate: boolean },
): Promise<readonly SecretKey[]> {
  if (mayCreate) {
    try {
      await writeFile(file, newSecretKeyLine("k1"), { flag: "wx", mode: 0o600 });
    } catch (err) {
      if (!(err instanceof Error && "code" in err && err.code === "EEXIST")) {
        throw new SecretKeysError(`${file} cannot be written`, { cause: err });
      }
    }
  }
  try {
    return parseSecretKeys(await readFile(file, "utf8"));
  } catch (cause) {
    const why =
      cause instanceof SecretKeysError
        ? cause.message
        : "it cannot be read; give the file to the account that this program runs as";
    throw new SecretKeysError(`the keys in ${file} are of no use: ${why}`, { cause });
  }
}
