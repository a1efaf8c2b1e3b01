import { access, constants, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StartupError } from "./startup-error.ts";

/**
 * Makes the data folder, and sees that it can be written to.
 *
 * Folder by folder: `mkdir` with `recursive` never comes back where the system says that an existing parent
 * is absent, as it does below /proc.
 *
 * @throws StartupError that says what stands in the way.
 */
export async function openDataFolder(dataDir: string): Promise<void> {
  try {
    await makeFolder(resolve(dataDir));
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (err) {
    const code = err instanceof Error && "code" in err ? String(err.code) : String(err);
    throw new StartupError(
      `The data folder ${dataDir} cannot be used (${REASONS[code] ?? code}). Make it a folder that this user may ` +
        "write to, or choose another one with --data-dir.",
      err,
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a folder",
  EEXIST: "it is not a folder",
  ENOENT: "it cannot be made there",
};

async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (parent !== folder && !(await isThere(parent))) await makeFolder(parent);
  if (!(await isThere(folder))) await mkdir(folder, { mode: 0o755 });
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
