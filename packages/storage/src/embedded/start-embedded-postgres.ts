import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "@poplar/telemetry";
import { exists, findBinaries } from "./binaries.ts";
import {
  checkVersion,
  clusterPaths,
  clusterUrl,
  prepareCluster,
  prepareFolder,
  socketFolder,
} from "./cluster.ts";
import { takeOwnership } from "./owner.ts";
import { type Postmaster, type PostmasterOptions, startPostmaster, stopPostmaster } from "./postmaster.ts";
import { accountFor } from "./system-account.ts";

/** A Postgres of our own. */
export interface EmbeddedPostgres {
  /** For `openStorage` and `migrate`; holds a password. */
  readonly url: string;
  /** The server's process. */
  readonly pid: () => number;
  /** Stops the server and gives the data folder back. Safe to call twice. */
  stop(): Promise<void>;
}

/** Departures from how the server is usually run. */
export interface EmbeddedPostgresOptions {
  /** Settings of Postgres, `name=value`. */
  readonly settings?: readonly string[];
}

/** A server that keeps ending is started again after so long, and then more. */
const restartMsMin = 250;
const restartMsMax = 10_000;

/**
 * Starts a real Postgres on a data folder, made at the first start; as root under another account.
 *
 * After a crash of this process it takes over the server that is still running; when the server crashes it
 * starts it again. Rejects with an `EmbeddedPostgresError`.
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  log: Log,
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const paths = clusterPaths(resolve(dataDir));
  const account = await accountFor(paths.dataDir);
  await prepareFolder(paths, account);
  const disown = await takeOwnership(paths.owner, paths.dataDir);
  try {
    const binaries = await findBinaries(paths.dataDir, account);
    await prepareCluster(paths, binaries, account);
    await checkVersion(paths, binaries);
    const folder = await socketFolder(paths, account);
    const settings = options.settings ?? [];
    const supervisor = new Supervisor({ paths, binaries, account, socketFolder: folder, settings }, log);
    await supervisor.start();
    const url = await clusterUrl(paths, folder);
    // Once only: by the second time the data folder may be another one's.
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await supervisor.stop();
      await disown();
    };
    return {
      url,
      pid: () => supervisor.pid,
      stop: async () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    await disown();
    throw error;
  }
}

/**
 * The URL of the database in a data folder, for a process beside the one that runs it; `undefined` when there
 * is none. Whether it is running shows when it is connected to.
 */
export async function embeddedPostgresUrl(dataDir: string): Promise<string | undefined> {
  const paths = clusterPaths(resolve(dataDir));
  if (!(await exists(paths.cluster)) || !(await exists(paths.password))) return undefined;
  return clusterUrl(paths, await socketFolder(paths, await accountFor(paths.dataDir)));
}

/** Keeps a server running. */
class Supervisor {
  readonly #options: PostmasterOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #postmaster: Postmaster | undefined;
  #watch: Promise<void> = Promise.resolve();

  constructor(options: PostmasterOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  get pid(): number {
    return this.#postmaster?.pid ?? 0;
  }

  async start(): Promise<void> {
    this.#postmaster = await startPostmaster(this.#options);
    this.#watch = this.#keep(this.#postmaster);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#postmaster !== undefined) await stopPostmaster(this.#postmaster);
    await this.#watch;
  }

  async #keep(first: Postmaster): Promise<void> {
    const { signal } = this.#stopping;
    await first.ended;
    let waitMs = restartMsMin;
    while (!signal.aborted) {
      this.#log.error({ event: "embedded-postgres-ended", nextStartMs: waitMs });
      await delay(waitMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      waitMs = Math.min(waitMs * 2, restartMsMax);
      try {
        this.#postmaster = await startPostmaster(this.#options);
        waitMs = restartMsMin;
        this.#log.info({ event: "embedded-postgres-restarted", pid: this.#postmaster.pid });
        if (signal.aborted) await stopPostmaster(this.#postmaster);
        await this.#postmaster.ended;
      } catch (error) {
        this.#log.error({ event: "embedded-postgres-start-failed", err: error });
      }
    }
  }
}
