import { type Stats } from "node:fs";
import { lstat, readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";

/** Under whose id the server runs: Postgres refuses to run as root. */
export interface SystemAccount {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Accounts that most systems have, best first. */
const preferredNames = ["postgres", "nobody"];

/**
 * The account for a data folder: `undefined` (our own) unless we are root; then the folder's owner if it is
 * not root, else one of the system's.
 */
export async function accountFor(folder: string): Promise<SystemAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = await readAccounts();
  const owner = await lstat(folder).then(
    (found) => found.uid,
    () => 0,
  );
  const owning = accounts.find((account) => account.uid === owner && owner !== 0);
  const preferred = preferredNames.map((name) => accounts.find((account) => account.name === name));
  const chosen = owning ?? preferred.find((account) => account !== undefined);
  if (chosen !== undefined) return chosen;
  throw new EmbeddedPostgresError(
    "start-failed",
    "Postgres does not run as root, and this system has no account postgres or nobody to run it",
  );
}

async function readAccounts(): Promise<readonly SystemAccount[]> {
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n");
  return lines.flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    return name === undefined || uid === undefined || gid === undefined
      ? []
      : [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/** The first folder on the way to a path, from the root down, that an account may not enter. */
export async function findClosedFolder(path: string, account: SystemAccount): Promise<string | undefined> {
  const folders: string[] = [];
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() === true && !mayEnter(found, account)) return folder;
  }
  return undefined;
}

function mayEnter(folder: Stats, account: SystemAccount): boolean {
  if (folder.uid === account.uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === account.gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}
