import { spawn } from "node:child_process";
import { open, readdir, readFile, readlink, realpath, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Binaries } from "./binaries.ts";
import { type ClusterPaths, complaintOf } from "./cluster.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import type { SystemAccount } from "./system-account.ts";

/** How often what has no event is looked at. */
const lookMs = 20;

/** A start that replays what a crash left takes long; this is longer. */
const startMsMax = 60_000;

/** How long the processes of a server that was killed may take to be gone. */
const leftoversMsMax = 10_000;

/** A stop that takes longer is made to stop at once: its crash recovery loses nothing. */
const stopMsMax = 20_000;

/** A running server answers at once. */
const answerMsMax = 2000;

/** The shortest thing that Postgres answers: SSLRequest, of its manual's "Message Formats". */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** What a server needs to start. */
export interface PostmasterOptions {
  readonly paths: ClusterPaths;
  readonly binaries: Binaries;
  readonly account: SystemAccount | undefined;
  readonly socketFolder: string;
  /** `name=value`, after those of this room. */
  readonly settings: readonly string[];
}

/** A running Postgres server: the process that owns the others. */
export interface Postmaster {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** Tuned for one machine that does other things too. Durable: fsync stays on. */
const settingsOf = (socketFolder: string): readonly string[] => [
  "listen_addresses=",
  `unix_socket_directories=${socketFolder}`,
  "unix_socket_permissions=0700",
  "max_connections=60",
  "shared_buffers=64MB",
  "wal_compression=on",
  "max_wal_size=512MB",
  "autovacuum_naptime=15s",
  "logging_collector=on",
  "log_directory=log",
  "log_filename=postgres-%a.log",
  "log_truncate_on_rotation=on",
];

/** Starts the server, or takes over one that outlived the process that had started it: never two. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const until = performance.now() + leftoversMsMax;
  const isLeftover = (await readLock(lockFile(options.paths))) !== undefined;
  for (;;) {
    try {
      const postmaster = (await findRunning(options)) ?? (await spawnPostmaster(options));
      await ready(options, postmaster);
      return postmaster;
    } catch (error) {
      // The children of a server that was killed need a moment to notice, and must be gone first.
      if (!isLeftover || isFinal(error) || performance.now() > until) throw error;
      await delay(lookMs * 10);
    }
  }
}

const isFinal = (error: unknown): boolean =>
  !(error instanceof EmbeddedPostgresError && error.code === "start-failed");

/** Stops the server; sessions are cut, commits are kept. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  signal(postmaster.pid, "SIGINT");
  const giveUp = new AbortController();
  const tooLong = delay(stopMsMax, undefined, { signal: giveUp.signal }).then(
    () => signal(postmaster.pid, "SIGQUIT"),
    () => {},
  );
  await postmaster.ended;
  giveUp.abort();
  await tooLong;
}

async function spawnPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { paths, account, binaries } = options;
  const settings = [...settingsOf(options.socketFolder), ...options.settings];
  const log = await open(paths.startLog, "w", 0o600);
  try {
    const child = spawn(
      binaries.postgres,
      ["-D", paths.cluster, ...settings.flatMap((setting) => ["-c", setting])],
      {
        stdio: ["ignore", log.fd, log.fd],
        cwd: "/",
        env: {},
        // Its own process group: Ctrl-C in the terminal stops us first, and we stop it when all is written.
        detached: true,
        ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
      },
    );
    const ended = new Promise<void>((resolve) => {
      child.on("exit", () => resolve());
      child.on("error", () => resolve());
    });
    child.unref();
    if (child.pid === undefined) {
      throw new EmbeddedPostgresError("start-failed", `${binaries.postgres} does not run`);
    }
    return { pid: child.pid, ended };
  } finally {
    await log.close();
  }
}

const lockFile = (paths: ClusterPaths): string => join(paths.cluster, "postmaster.pid");

/** Postgres locks the place of its socket, too. */
const socketPath = (folder: string): string => join(folder, ".s.PGSQL.5432");

/** A lock file of Postgres: the id of its process, and further down whether it is ready. */
async function readLock(file: string): Promise<{ pid: number; status: string } | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  // Signals to 0 and below go to whole groups.
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, status: lines[7]?.trim() ?? "" };
}

/** Finds a server that runs on this data folder. */
async function findRunning(options: PostmasterOptions): Promise<Postmaster | undefined> {
  const { paths, socketFolder } = options;
  const lock = await readLock(lockFile(paths));
  const doesAnswer = await answers(socketPath(socketFolder));
  if (lock !== undefined && (await isPostmasterOf(paths, lock.pid))) {
    if (doesAnswer) return { pid: lock.pid, ended: endOf(lock.pid) };
    throw new EmbeddedPostgresError(
      "start-failed",
      `Postgres runs as process ${lock.pid}, but does not answer`,
    );
  }
  if (doesAnswer) {
    throw new EmbeddedPostgresError(
      "folder-in-use",
      `the database in ${paths.dataDir} is served by a process that cannot be seen from here`,
    );
  }
  await removeMistakenLock(lockFile(paths));
  await removeMistakenLock(`${socketPath(socketFolder)}.lock`);
  return undefined;
}

/**
 * Removes a lock file whose process is something else by now, as happens after the restart of a container, or
 * a corpse that nobody buries: Postgres would refuse to start. One whose process is gone stays: it tells
 * Postgres which shared memory to look for.
 */
async function removeMistakenLock(file: string): Promise<void> {
  const lock = await readLock(file);
  if (lock !== undefined && signal(lock.pid, 0)) await rm(file, { force: true });
}

/**
 * A server works in its data folder. Where processes do not show that, a living one is believed to be the
 * server.
 */
async function isPostmasterOf(paths: ClusterPaths, pid: number): Promise<boolean> {
  if (!signal(pid, 0)) return false;
  if (process.platform !== "linux") return true;
  const [works, cluster] = await Promise.all([
    readlink(`/proc/${pid}/cwd`).catch(() => ""),
    realpath(paths.cluster),
  ]);
  return works === cluster;
}

async function ready(options: PostmasterOptions, postmaster: Postmaster): Promise<void> {
  let hasEnded = false;
  void postmaster.ended.then(() => {
    hasEnded = true;
  });
  const until = performance.now() + startMsMax;
  while (performance.now() < until) {
    const lock = await readLock(lockFile(options.paths));
    if (lock?.pid === postmaster.pid && lock.status === "ready") return;
    if (hasEnded) throw await startFailed(options);
    await delay(lookMs);
  }
  throw await startFailed(options);
}

/** Postgres's last complaint: before its log is open in one file, later in another. */
async function startFailed({ paths }: PostmasterOptions): Promise<EmbeddedPostgresError> {
  const logs = await readdir(join(paths.cluster, "log")).catch((): string[] => []);
  const files = [paths.startLog, ...logs.map((name) => join(paths.cluster, "log", name))];
  const dated = await Promise.all(
    files.map(async (file) => ({ file, at: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const newest = dated.toSorted((one, other) => one.at - other.at).at(-1)?.file ?? paths.startLog;
  const said = await readFile(newest, "utf8").catch(() => "");
  const complaints = said.split("\n").filter((line) => /FATAL:|PANIC:/.test(line));
  const last = complaints.at(-1) ?? complaintOf(said);
  return new EmbeddedPostgresError("start-failed", `Postgres did not start: ${last}`);
}

/** The end of a process that is not our child: there is no event for that. */
async function endOf(pid: number): Promise<void> {
  while (signal(pid, 0)) await delay(lookMs * 5, undefined, { ref: false });
}

/** Sends a signal, 0 for none. @returns whether the process is there. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    // EPERM: it is there, and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Whether a server speaks at a socket: one that is dying still takes connections. */
async function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(sslRequest));
    socket.setTimeout(answerMsMax, () => socket.destroy());
    socket.on("data", () => {
      resolve(true);
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(false));
  });
}
