import cluster from "node:cluster";
import { randomBytes } from "node:crypto";
import type { Config } from "@poplar/config";
import { releaseInstance } from "@poplar/lease";
import type { Log } from "@poplar/telemetry";
import { openApiAccess } from "../api-access.ts";
import { redisSettings } from "../redis.ts";
import type { Service, ServiceParts } from "../service.ts";
import { serveWorkersHttp, type Workers } from "./serve-workers-http.ts";
import { SupervisedWorker, type WorkerEnd } from "./supervised-worker.ts";

/** The first worker did not come up, and has said why. */
export class WorkerFailed extends Error {
  override readonly name = "WorkerFailed";
  readonly exitCode: number;

  constructor({ code, signal }: WorkerEnd) {
    super(`the first worker ended before it was up (${signal ?? code})`);
    this.exitCode = code === 0 || code === null ? 1 : code;
  }
}

/**
 * The first replacement comes after so long; each further one that does not last takes twice as long to come.
 */
const backoffMsMin = 100;
const backoffMsMax = 30_000;

/** Who lived so long was well. */
const wellMs = 60_000;

/** What a worker that drains may take longer than its sessions may. */
const overtimeMs = 15_000;

/**
 * Keeps several processes that do the same: they accept from the same ports, each for itself. One that dies
 * is replaced, and its maildrops are free at once.
 *
 * @throws WorkerFailed when the first one does not come up.
 */
export async function superviseWorkers(parts: ServiceParts): Promise<Service> {
  const { config, telemetry, opened } = parts;
  // To hand connections round from here would double the cost of a session.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const supervisor = new Supervisor(config, telemetry.log);
  // The token is there before the workers look for it.
  const access =
    config.app === "standalone" || config.app === "api" ? await openApiAccess(config) : undefined;
  const http = await serveWorkersHttp(config, telemetry.events, supervisor);
  opened.defer(async () => http?.close());
  await supervisor.start();
  if (http !== undefined) await access?.publish(http.url);
  opened.defer(async () => access?.withdraw());
  return supervisor;
}

class Supervisor implements Service, Workers {
  readonly wanted: number;
  isDraining = false;
  restarts = 0;
  readonly #config: Config;
  readonly #log: Log;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #workers = new Map<number, SupervisedWorker>();
  readonly #restarting = new Set<NodeJS.Timeout>();

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.wanted = config.workers;
    // The workers of one host have the same ticket keys, whether or not the fleet has.
    this.#environment =
      config.fleetSecret === undefined ? { POPLAR_FLEET_SECRET: randomBytes(32).toString("base64url") } : {};
  }

  get up(): ReadonlyMap<number, SupervisedWorker> {
    return new Map([...this.#workers].filter(([, worker]) => worker.isUp));
  }

  /** The first worker makes what is made once; the others come when it is up. */
  async start(): Promise<void> {
    const first = this.#begin();
    const end = await Promise.race([first.up, first.ended]);
    if (end !== undefined) throw new WorkerFailed(end);
    this.#keep(1, first, 0);
    for (let number = 2; number <= this.wanted; number += 1) this.#keep(number, this.#begin(), 0);
  }

  async reload(): Promise<void> {
    for (const worker of this.#workers.values()) worker.signal("SIGHUP");
  }

  async drain(limitMs: number): Promise<number> {
    this.isDraining = true;
    for (const timer of this.#restarting) clearTimeout(timer);
    const workers = [...this.#workers.values()];
    for (const worker of workers) worker.signal("SIGTERM");
    const impatience = setTimeout(
      () => {
        for (const worker of workers) worker.signal("SIGKILL");
      },
      this.#config.drainGraceMs + limitMs + overtimeMs,
    );
    const ends = await Promise.all(workers.map(async ({ ended }) => ended));
    clearTimeout(impatience);
    return ends.reduce((sum, { news }) => sum + (news.sessionsCut ?? 0), 0);
  }

  #begin(): SupervisedWorker {
    return new SupervisedWorker(this.#environment);
  }

  /** @param failures how many before it did not last. */
  #keep(number: number, worker: SupervisedWorker, failures: number): void {
    this.#workers.set(number, worker);
    void worker.ended.then(async (end) => {
      if (this.isDraining) return;
      const { pid, startedMs } = worker;
      const { code, signal } = end;
      this.#log.error(
        { event: "worker-ended", worker: number, pid, code, signal },
        `worker ${number} is gone`,
      );
      const lasted = performance.now() - startedMs >= wellMs ? 0 : failures;
      const timer = setTimeout(
        () => {
          this.#restarting.delete(timer);
          this.restarts += 1;
          this.#keep(number, this.#begin(), lasted + 1);
        },
        Math.min(backoffMsMin * 2 ** lasted, backoffMsMax),
      );
      this.#restarting.add(timer);
      await this.#release(end);
    });
  }

  /** A process that is gone releases nothing itself; others would wait for its heartbeat to run out. */
  async #release({ news: { instanceId } }: WorkerEnd): Promise<void> {
    const redis = await redisSettings(this.#config);
    if (redis === undefined || instanceId === undefined) return;
    const fault = await releaseInstance(redis, instanceId);
    if (fault !== undefined)
      this.#log.warn({ event: "leases-not-released", err: fault, instance: instanceId });
  }
}
