import type { LeaseKeys } from "./lease-keys.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** What a heartbeat needs, and whom it tells. */
export interface HeartbeatParts {
  readonly connection: RedisConnection;
  readonly keys: LeaseKeys;
  readonly instanceId: string;
  /** For how long others trust one beat. */
  readonly ttlMs: number;
  /** What this instance counts up whenever it is not sure of a command. */
  readonly generation: () => number;
  /** Has this instance ever asked for a lease? Before, nobody asks whether it lives. */
  readonly isHolding: () => boolean;
  /** A beat that went through. @param lost in how many partitions the one before was gone already. */
  readonly beaten: (generation: number, lost: number) => void;
  /** A beat that did not. */
  readonly missed: (cause: unknown) => void;
}

/**
 * Says that this instance lives, once in each partition: what it costs depends on the number of instances,
 * not on what they hold.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  readonly #timer: NodeJS.Timeout;
  #isUnderWay = false;
  #hasBeaten = false;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.beat(), parts.ttlMs / 3);
  }

  /** Beats now; never rejects. While a beat is under way another one is left out. */
  async beat(): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const generation = this.#parts.generation();
    try {
      if (this.#parts.isHolding()) {
        const lost = await this.#beatEverywhere(generation);
        this.#parts.beaten(generation, this.#hasBeaten ? lost : 0);
        this.#hasBeaten = true;
      } else {
        await this.#parts.connection.ping();
        this.#parts.beaten(generation, 0);
      }
    } catch (cause) {
      this.#parts.missed(cause);
    } finally {
      this.#isUnderWay = false;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beatEverywhere(generation: number): Promise<number> {
    const { connection, keys, instanceId, ttlMs } = this.#parts;
    const wasThere = await Promise.all(
      keys.heartbeats(instanceId).map(async (key) => connection.beat(key, generation, ttlMs)),
    );
    return wasThere.filter((answer) => answer === 0).length;
  }
}
