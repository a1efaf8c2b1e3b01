import { setTimeout as delay } from "node:timers/promises";
import { type DisposableRedis } from "@poplar/lease/testing";
import { until } from "@poplar/testkit";
import { Redis } from "ioredis";
import type { Fleet, FrontEnd } from "./fleet.ts";
import type { Random } from "./random.ts";

/** What can be done to a fleet. Each undoes itself. */
type Trouble = (fleet: Fleet, random: Random) => Promise<void>;

const frontEndOf = ({ pop3, lmtp }: Fleet, random: Random): FrontEnd => random.pick([...pop3, ...lmtp]);

/** Troubles by name. */
type Troubles = Readonly<Record<string, Trouble>>;

const processTroubles: Troubles = {
  "front end killed": async (fleet, random) => {
    const { app } = frontEndOf(fleet, random);
    await app.kill();
    await delay(random.integer(0, 1000));
    await app.start().catch(() => undefined);
  },
  "front end paused past its lease": async (fleet, random) => {
    const { app } = frontEndOf(fleet, random);
    app.pause();
    await delay(fleet.options.heartbeatTtlMs * (1.2 + random.next()));
    app.resume();
  },
  "clients cut off": async ({ clients }, random) => {
    clients.pop3.cut(0.3, random.next);
    clients.lmtp.cut(0.3, random.next);
  },
};

/** Made all the time: sessions that overtake each other are what the fence is for. */
const leaseTroubles: Troubles = {
  "Redis flushed": async ({ redis }) => flush(redis),
};

const engineTroubles: Troubles = {
  "Redis restarted": async ({ redis }, random) => {
    await redis.kill();
    await delay(random.integer(0, 500));
    await redis.start();
  },
  "front end cut off from Redis": async (fleet, random) => {
    const { redis } = random.pick(fleet.pop3);
    if (random.chance(0.5)) redis.refuse();
    else redis.blackHole("up", "down");
    await delay(fleet.options.heartbeatTtlMs * (0.5 + random.next()));
    redis.heal();
  },
  "Postgres restarted": async (fleet) => restartPostgres(fleet, "SIGINT"),
  "Postgres crashed": async (fleet) => restartPostgres(fleet, "SIGQUIT"),
  "front end cut off from Postgres": async (fleet, random) => {
    const { postgres } = frontEndOf(fleet, random);
    const direction = random.pick(["up", "down"] as const);
    // What is on its way may be executed without its answer coming back.
    if (random.chance(0.5)) postgres.blackHole(direction);
    await delay(random.integer(0, 500));
    postgres.cut();
    postgres.heal();
  },
  "Postgres slow": async (fleet, random) => {
    const { postgres } = frontEndOf(fleet, random);
    postgres.delay("down", random.integer(20, 200));
    await delay(1000);
    postgres.heal();
  },
};

/** How often each trouble was made. */
export type TroubleCounts = Readonly<Record<string, number>>;

/**
 * Makes trouble with processes and, at the same time, with what they depend on, until the signal comes; then
 * waits until all of the fleet serves again.
 */
export async function troubleUntilAborted(
  fleet: Fleet,
  random: Random,
  signal: AbortSignal,
): Promise<TroubleCounts> {
  const counts: Record<string, number> = {};
  const lane = async (troubles: Troubles): Promise<void> => {
    // Each kind comes before any comes again: a short run has seen them all.
    let bag: [string, Trouble][] = [];
    while (!signal.aborted) {
      await delay(random.integer(100, 1500), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      if (bag.length === 0) bag = Object.entries(troubles);
      for (const [name, trouble] of bag.splice(random.integer(0, bag.length - 1), 1)) {
        counts[name] = (counts[name] ?? 0) + 1;
        await trouble(fleet, random);
      }
    }
  };
  await Promise.all([processTroubles, leaseTroubles, engineTroubles].map(lane));
  await recover(fleet);
  return counts;
}

/** Waits until every front end is there and reaches Redis and Postgres. */
async function recover({ pop3, lmtp }: Fleet): Promise<void> {
  for (const { app } of [...pop3, ...lmtp]) {
    if (!app.isRunning) app.launch();
    await app.untilReady();
  }
}

/** Makes Redis forget all it knows, if it is there. */
async function flush({ url }: DisposableRedis): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on("error", () => undefined);
  await client.flushall().catch(() => undefined);
  client.disconnect();
}

/** Ends Postgres, cleanly (`SIGINT`) or at once; it starts again by itself. */
async function restartPostgres(fleet: Fleet, signal: NodeJS.Signals): Promise<void> {
  const before = fleet.postgresPid();
  process.kill(before, signal);
  await until("Postgres runs again", async () => fleet.postgresPid() !== before);
}
