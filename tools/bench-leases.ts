/**
 * `npm run bench:leases`: the traffic of a large fleet's leases on one real Redis. Each instance is a lease
 * store with a connection and heartbeats of its own, as a front end has one; all of them live in this
 * process. Prints the table of docs/operating/lease-traffic.md.
 *
 *   --instances 1000 --maildrops 1000000 --logins 2000 (a second) --seconds 10 (each phase)
 */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRedisLeaseStore, type RedisLeaseStore } from "../packages/lease/src/index.ts";
import { type DisposableRedis, withRedis } from "../packages/lease/src/testing.ts";
import { type Lease, WHOLE } from "../packages/maildrop/src/index.ts";
import { isFault } from "../packages/protocol/src/index.ts";

const { values } = parseArgs({
  options: {
    instances: { type: "string", default: "1000" },
    maildrops: { type: "string", default: "1000000" },
    logins: { type: "string", default: "2000" },
    seconds: { type: "string", default: "10" },
  },
});
const size = {
  instances: Number(values.instances),
  maildrops: Number(values.maildrops),
  loginsPerSecond: Number(values.logins),
  phaseMs: Number(values.seconds) * 1000,
};
const heartbeatTtlMs = 10_000;
/** Logins under way while all maildrops are being opened. */
const flightsAtOnce = 256;

/** What Redis says about itself. */
interface RedisFigures {
  readonly scripts: number;
  readonly cpuMs: number;
  readonly memoryOctets: number;
}

/** What a phase cost. */
interface PhaseFigures {
  readonly name: string;
  readonly seconds: number;
  readonly scripts: number;
  readonly cpuMs: number;
  readonly memoryOctets: number;
  /** Of acquiring, in milliseconds. */
  readonly latencies: readonly number[];
}

function figuresOf(redis: DisposableRedis): RedisFigures {
  const text = execFileSync("redis-cli", ["-p", String(redis.port), "info", "everything"], {
    encoding: "utf8",
  });
  const field = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  return {
    scripts: field(/^cmdstat_evalsha:calls=(\d+)/m) + field(/^cmdstat_eval:calls=(\d+)/m),
    cpuMs: 1000 * (field(/^used_cpu_sys:([\d.]+)/m) + field(/^used_cpu_user:([\d.]+)/m)),
    memoryOctets: field(/^used_memory:(\d+)/m),
  };
}

/** Sessions of all instances. */
class Sessions {
  readonly latencies: number[] = [];
  readonly #stores: readonly RedisLeaseStore[];
  readonly #leases = new Map<number, Lease>();
  readonly #refusals = new Map<string, number>();

  constructor(stores: readonly RedisLeaseStore[]) {
    this.#stores = stores;
  }

  /** How many were refused, by reason id. */
  get refusals(): string {
    return [...this.#refusals].map(([reason, count]) => `${count} ${reason}`).join(", ") || "none";
  }

  async open(maildropId: number): Promise<void> {
    const store = this.#stores[maildropId % this.#stores.length];
    const startedMs = performance.now();
    const holder = {
      sessionId: crypto.randomUUID(),
      login: `m${maildropId}@example.test`,
      address: "192.0.2.1",
    };
    const lease = await store?.acquire(maildropId, WHOLE, holder);
    this.latencies.push(performance.now() - startedMs);
    if (lease === undefined) throw new Error("there are no instances");
    if (isFault(lease)) this.#refusals.set(lease.fault, (this.#refusals.get(lease.fault) ?? 0) + 1);
    else this.#leases.set(maildropId, lease);
  }

  async close(maildropId: number): Promise<void> {
    const lease = this.#leases.get(maildropId);
    this.#leases.delete(maildropId);
    await lease?.release();
  }
}

await using opened = new AsyncDisposableStack();
const redis = await withRedis({ after: (callback) => opened.defer(callback) });
const stores = await startInstances();
const sessions = new Sessions(stores);
const phases: PhaseFigures[] = [
  await measure(`${size.instances} instances beat, nobody logs in`, async () => delay(size.phaseMs)),
  await measure(`and ${size.loginsPerSecond} logins a second, each with its end`, logInAndOut),
  await measure(`${size.maildrops} maildrops are opened as fast as they can`, openAll),
  await measure("all stay open, nobody logs in", async () => delay(size.phaseMs)),
];
print();

/** One after the other, as processes of a fleet start: beats spread over the time between two. */
async function startInstances(): Promise<readonly RedisLeaseStore[]> {
  const started: Promise<RedisLeaseStore>[] = [];
  while (started.length < size.instances) {
    started.push(createRedisLeaseStore({ target: { kind: "single", url: redis.url }, heartbeatTtlMs }));
    await delay(heartbeatTtlMs / 3 / size.instances);
  }
  const all = await Promise.all(started);
  for (const store of all) opened.defer(async () => store.close());
  return all;
}

async function measure(name: string, phase: () => Promise<void>): Promise<PhaseFigures> {
  sessions.latencies.length = 0;
  const before = figuresOf(redis);
  const startedMs = performance.now();
  await phase();
  const seconds = (performance.now() - startedMs) / 1000;
  const after = figuresOf(redis);
  return {
    name,
    seconds,
    scripts: after.scripts - before.scripts,
    cpuMs: after.cpuMs - before.cpuMs,
    memoryOctets: after.memoryOctets,
    latencies: sessions.latencies.toSorted((a, b) => a - b),
  };
}

async function logInAndOut(): Promise<void> {
  const endMs = performance.now() + size.phaseMs;
  const startedMs = performance.now();
  const flights = new Set<Promise<void>>();
  for (let count = 0; performance.now() < endMs; ) {
    const due = ((performance.now() - startedMs) / 1000) * size.loginsPerSecond;
    for (; count < due; count += 1) {
      // A stride that meets every maildrop before any comes again.
      const maildropId = 1 + ((count * 7_919) % size.maildrops);
      const flight = sessions.open(maildropId).then(async () => sessions.close(maildropId));
      flights.add(flight);
      void flight.finally(() => flights.delete(flight));
    }
    await delay(5);
  }
  await Promise.all(flights);
}

async function openAll(): Promise<void> {
  let next = 1;
  const lane = async (): Promise<void> => {
    while (next <= size.maildrops) {
      next += 1;
      await sessions.open(next - 1);
    }
  };
  await Promise.all(Array.from({ length: flightsAtOnce }, lane));
}

function print(): void {
  const cores = availableParallelism();
  const version = execFileSync("redis-server", ["--version"], { encoding: "utf8" }).match(/v=\S+/)?.[0];
  console.log(
    `Redis ${version}, ${cores} cores, shared with the simulated instances; refused: ${sessions.refusals}\n`,
  );
  console.log("| phase | scripts/s | Redis CPU | µs a script | Redis memory | acquire p50 | p99 |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const { name, seconds, scripts, cpuMs, memoryOctets, latencies } of phases) {
    const at = (share: number): string => {
      const value = latencies[Math.floor(latencies.length * share)];
      return value === undefined ? "–" : `${value.toFixed(1)} ms`;
    };
    const cells = [
      name,
      Math.round(scripts / seconds).toLocaleString("en"),
      `${((cpuMs / 1000 / seconds) * 100).toFixed(0)} % of a core`,
      ((cpuMs * 1000) / scripts).toFixed(1),
      `${(memoryOctets / 2 ** 20).toFixed(0)} MiB`,
      at(0.5),
      at(0.99),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
