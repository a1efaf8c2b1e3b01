import type { Config } from "@poplar/config";
import { createMemoryLoginPacer, createRedisLoginPacer } from "@poplar/lease";
import { isRegistryFault, type LoginPacer, type PolicyBounds } from "@poplar/maildrop";
import type { Storage } from "@poplar/storage";
import type { Log } from "@poplar/telemetry";
import { redisSettings } from "./redis.ts";

/** How old what CAPA says before login may be: an operator may have changed a policy since. */
const boundsMsMax = 60_000;

const NO_POLICIES: PolicyBounds = { retentionDaysMin: undefined, loginDelaySecondsMax: 0 };

/** How much a sweep does before it lets go of what it holds: some tens of milliseconds of work. */
const STEP = { messagesMax: 250, loginsMax: 100 };

/** Events of the audit that one step forgets. */
const AUDIT_EVENTS_MAX = 1000;

const DAY_MS = 24 * 3600 * 1000;

/** Keeps what is promised about mail: for how long it stays, and how often a login may come. */
export interface MailKeeping extends AsyncDisposable {
  readonly pacer: LoginPacer;
  /** What is true of all logins, as it was a minute ago. */
  bounds(): PolicyBounds;
}

/** Asks for the bounds now and each minute, and sweeps as often as was configured. */
export async function openMailKeeping(config: Config, storage: KeepingStore, log: Log): Promise<MailKeeping> {
  const { keeper } = storage;
  const redis = await redisSettings(config);
  const shared = redis === undefined ? undefined : createRedisLoginPacer(redis);
  let bounds = NO_POLICIES;
  const refresh = async (): Promise<void> => {
    const found = await keeper.bounds();
    if (!isRegistryFault(found)) bounds = found;
  };
  await refresh();
  const refreshing = setInterval(() => void refresh(), boundsMsMax);
  const sweeper = new Sweeper(storage, config.auditDays, log);
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

/** Where mail lies, and the audit. */
type KeepingStore = Pick<Storage, "keeper" | "audit">;

/** Removes mail and audit that have been kept long enough, step by step; of several processes one does. */
class Sweeper {
  readonly #store: KeepingStore;
  readonly #auditDays: number;
  readonly #log: Log;
  #underWay: Promise<void> = Promise.resolve();
  #isSweeping = false;
  #isStopped = false;

  constructor(store: KeepingStore, auditDays: number, log: Log) {
    this.#store = store;
    this.#auditDays = auditDays;
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
    const { keeper } = this.#store;
    const expired = await this.#steps((next) => keeper.expire(next, STEP));
    const purged = await this.#steps(() => keeper.purgeOverdue(STEP));
    const forgotten = this.#auditDays === 0 ? 0 : await this.#steps(async () => this.#forget());
    if (expired + purged + forgotten > 0)
      this.#log.info(
        { expired, purged, forgotten },
        "mail and audit were removed that had been kept long enough",
      );
  }

  async #forget(): ReturnType<KeepingStore["keeper"]["purgeOverdue"]> {
    const before = new Date(Date.now() - this.#auditDays * DAY_MS);
    const events = await this.#store.audit.forget(before, AUDIT_EVENTS_MAX);
    if (isRegistryFault(events)) return events;
    return { messages: events, next: events < AUDIT_EVENTS_MAX ? undefined : 0 };
  }

  async #steps(step: (next: number) => ReturnType<KeepingStore["keeper"]["expire"]>): Promise<number> {
    let messages = 0;
    for (let next: number | undefined = 0; next !== undefined && !this.#isStopped; ) {
      const swept: Awaited<ReturnType<KeepingStore["keeper"]["expire"]>> = await step(next);
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
