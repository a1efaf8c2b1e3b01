import type { Config } from "@poplar/config";
import { createMemoryLoginPacer, createRedisLoginPacer } from "@poplar/lease";
import { isRegistryFault, type LoginPacer, type MailKeeper, type PolicyBounds } from "@poplar/maildrop";
import type { Log } from "@poplar/telemetry";
import { redisSettings } from "./redis.ts";

/** How old what CAPA says before login may be: an operator may have changed a policy since. */
const boundsMsMax = 60_000;

const NO_POLICIES: PolicyBounds = { retentionDaysMin: undefined, loginDelaySecondsMax: 0 };

/** How much a sweep does before it lets go of what it holds: some tens of milliseconds of work. */
const STEP = { messagesMax: 250, loginsMax: 100 };

/** Keeps what is promised about mail: for how long it stays, and how often a login may come. */
export interface MailKeeping extends AsyncDisposable {
  readonly pacer: LoginPacer;
  /** What is true of all logins, as it was a minute ago. */
  bounds(): PolicyBounds;
}

/** Asks for the bounds now and each minute, and sweeps as often as was configured. */
export async function openMailKeeping(config: Config, keeper: MailKeeper, log: Log): Promise<MailKeeping> {
  const redis = await redisSettings(config);
  const shared = redis === undefined ? undefined : createRedisLoginPacer(redis);
  let bounds = NO_POLICIES;
  const refresh = async (): Promise<void> => {
    const found = await keeper.bounds();
    if (!isRegistryFault(found)) bounds = found;
  };
  await refresh();
  const refreshing = setInterval(() => void refresh(), boundsMsMax);
  const sweeper = new Sweeper(keeper, log);
  const everyMs = config.retentionSweepMinutes * 60_000;
  const sweeping = everyMs === 0 ? undefined : setInterval(() => sweeper.sweep(), everyMs);
  return {
    pacer: shared ?? createMemoryLoginPacer(),
    bounds: () => bounds,
    [Symbol.asyncDispose]: async () => {
      clearInterval(refreshing);
      clearInterval(sweeping);
      await sweeper.stop();
      shared?.close();
    },
  };
}

/** Removes mail that has been kept long enough, step by step; of several processes one does. */
class Sweeper {
  readonly #keeper: MailKeeper;
  readonly #log: Log;
  #underWay: Promise<void> = Promise.resolve();
  #isSweeping = false;
  #isStopped = false;

  constructor(keeper: MailKeeper, log: Log) {
    this.#keeper = keeper;
    this.#log = log;
  }

  sweep(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#underWay = this.#sweep().finally(() => {
      this.#isSweeping = false;
    });
  }

  /** Resolves when the step under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#underWay;
  }

  async #sweep(): Promise<void> {
    const expired = await this.#steps((next) => this.#keeper.expire(next, STEP));
    const purged = await this.#steps(() => this.#keeper.purgeOverdue(STEP));
    if (expired + purged > 0)
      this.#log.info({ expired, purged }, "mail was removed that had been kept long enough");
  }

  async #steps(step: (next: number) => ReturnType<MailKeeper["expire"]>): Promise<number> {
    let messages = 0;
    for (let next: number | undefined = 0; next !== undefined && !this.#isStopped; ) {
      const swept: Awaited<ReturnType<MailKeeper["expire"]>> = await step(next);
      if (swept === undefined) break;
      if (isRegistryFault(swept)) {
        this.#log.warn({ reason: swept.registryFault }, "a sweep of old mail was broken off");
        break;
      }
      messages += swept.messages;
      next = swept.next;
    }
    return messages;
  }
}
