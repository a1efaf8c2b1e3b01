import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Binaries, exists } from "./binaries.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { findClosedFolder, type SystemAccount } from "./system-account.ts";

/** The database's owner, and the database that it uses. */
const roleName = "poplar";
const databaseName = "postgres";

/** A Unix socket's path has at most 107 octets; the socket's own name takes some of them. */
const socketFolderOctetsMax = 85;

/** Where everything lies in a data folder. */
export interface ClusterPaths {
  readonly dataDir: string;
  /** Postgres's own folder. */
  readonly cluster: string;
  /** The superuser's password, for the owner of the data folder. */
  readonly password: string;
  /** What Postgres says before its log is open. */
  readonly startLog: string;
  /** Which process of ours uses the data folder. */
  readonly owner: string;
}

/** Names the places in a data folder. */
export const clusterPaths = (dataDir: string): ClusterPaths => ({
  dataDir,
  cluster: join(dataDir, "cluster"),
  password: join(dataDir, "password"),
  startLog: join(dataDir, "start.log"),
  owner: join(dataDir, "owner"),
});

/** Makes the data folder, for the server's account alone. */
export async function prepareFolder(paths: ClusterPaths, account: SystemAccount | undefined): Promise<void> {
  const { dataDir } = paths;
  // Before anything is made, and after: what we make may be closed too, by the umask.
  await checkReach(dataDir, account);
  try {
    await mkdir(dirname(dataDir), { recursive: true });
    await checkReach(dataDir, account);
    if (!(await exists(dataDir))) await mkdir(dataDir, { mode: 0o700 });
    if (account !== undefined) await chown(dataDir, account.uid, account.gid);
    await chmod(dataDir, 0o700);
    const trial = join(dataDir, `trial-${process.pid}`);
    await writeFile(trial, "");
    await rm(trial);
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(
      "folder-unreachable",
      `the data folder ${dataDir} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

async function checkReach(dataDir: string, account: SystemAccount | undefined): Promise<void> {
  const closed = account === undefined ? undefined : await findClosedFolder(dataDir, account);
  if (closed === undefined) return;
  throw new EmbeddedPostgresError(
    "folder-unreachable",
    `the data folder ${dataDir} is out of reach for the account ${account?.name}, which runs Postgres because ` +
      `root may not: ${closed} is closed to it; choose another data folder`,
  );
}

/** Makes the database, unless it is there. A crash in the middle leaves nothing that looks like one. */
export async function prepareCluster(
  paths: ClusterPaths,
  binaries: Binaries,
  account: SystemAccount | undefined,
): Promise<void> {
  if (await exists(paths.cluster)) return;
  const incomplete = `${paths.cluster}.new`;
  await rm(incomplete, { recursive: true, force: true });
  await writeFile(paths.password, randomBytes(24).toString("base64url"), { mode: 0o600 });
  if (account !== undefined) await chown(paths.password, account.uid, account.gid);
  const identity = ["--username", roleName, "--auth", "scram-sha-256", "--pwfile", paths.password];
  const kind = ["--encoding", "UTF8", "--no-locale", "--no-instructions"];
  await run(binaries.initdb, ["--pgdata", incomplete, ...identity, ...kind], account);
  await rename(incomplete, paths.cluster);
}

/** Refuses a database that these binaries cannot read. */
export async function checkVersion(paths: ClusterPaths, binaries: Binaries): Promise<void> {
  const [made, version] = await Promise.all([
    readFile(join(paths.cluster, "PG_VERSION"), "utf8"),
    run(binaries.postgres, ["--version"], undefined),
  ]);
  const major = /(\d+)\.\d+/.exec(version)?.[1] ?? "";
  if (made.trim() === major) return;
  throw new EmbeddedPostgresError(
    "wrong-version",
    `the database in ${paths.dataDir} was made by Postgres ${made.trim()}, but this is Postgres ${major}`,
  );
}

/**
 * The folder of the server's Unix socket: the data folder, or one with a shorter name. That one lies where
 * everybody may make folders, under a name that everybody can see: only one of our own will do.
 */
export async function socketFolder(paths: ClusterPaths, account: SystemAccount | undefined): Promise<string> {
  if (Buffer.byteLength(paths.dataDir) <= socketFolderOctetsMax) return paths.dataDir;
  const name = createHash("sha256")
    .update(await readPassword(paths))
    .digest("hex")
    .slice(0, 12);
  const folder = join(tmpdir(), `poplar-${name}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || ![process.getuid?.(), account?.uid].includes(found.uid)) {
    throw new EmbeddedPostgresError(
      "folder-unreachable",
      `${folder}, where the socket of Postgres would be, is somebody else's: remove it, or choose a data ` +
        "folder with a shorter name",
    );
  }
  await chmod(folder, 0o700);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  return folder;
}

/** The URL of the database behind a socket. */
export async function clusterUrl(paths: ClusterPaths, folder: string): Promise<string> {
  const password = await readPassword(paths);
  return `postgres://${roleName}:${password}@/${databaseName}?host=${encodeURIComponent(folder)}`;
}

const readPassword = async (paths: ClusterPaths): Promise<string> =>
  (await readFile(paths.password, "utf8")).trim();

/** Runs a program to its end. @returns what it said. */
async function run(
  program: string,
  values: readonly string[],
  account: SystemAccount | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, values, {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: "/",
      env: {},
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    }
    child.on("error", (error) =>
      reject(new EmbeddedPostgresError("start-failed", `${program} does not run: ${error.message}`, error)),
    );
    child.on("close", (code) => {
      if (code === 0) resolve(said);
      else reject(new EmbeddedPostgresError("start-failed", `${program} failed: ${complaintOf(said)}`));
    });
  });
}

const complaint = /\b(?:error|FATAL|PANIC): /;

/**
 * What a program complained of first, such as a full disk, for the rest follows from that; else the last
 * thing that it said.
 */
export function complaintOf(text: string): string {
  const lines = text.trim().split("\n");
  return lines.find((line) => complaint.test(line)) ?? lines.at(-1) ?? "";
}
