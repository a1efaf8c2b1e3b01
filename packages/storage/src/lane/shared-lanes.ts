import { StorageError } from "../storage-error.ts";
import type { Statement } from "./frontend-message.ts";
import type { Lane, TakeRow } from "./lane.ts";
import type { Row, Value } from "./value.ts";

/** Where lanes come from, and how many there may be. */
export interface LaneSource {
  readonly lanes: number;
  readonly waitingMax: number;
  open(): Promise<Lane>;
}

/** A few connections that all sessions share: statements are pipelined, and none of them waits for a lock. */
export class SharedLanes {
  readonly #source: LaneSource;
  readonly #open = new Set<Lane>();
  #opening: Promise<Lane> | undefined;
  #waiting = 0;

  constructor(source: LaneSource) {
    this.#source = source;
  }

  /** Runs a statement. Rejects with a `StorageError`: at once when too many wait already. */
  async run(statement: Statement, values: readonly Value[], take?: TakeRow): Promise<Row[]> {
    const lane = this.lane();
    // Without a detour when the lane is there: what waits on it must be counted by the next caller.
    return lane instanceof Promise
      ? (await lane).run(statement, values, take)
      : lane.run(statement, values, take);
  }

  /** The lane with the least to do, for statements that follow one another on it without waiting. */
  lane(): Lane | Promise<Lane> {
    const idlest = this.#idlest();
    if (idlest === undefined) return this.#waitForLane();
    if (idlest.waiting >= this.#source.waitingMax) throw busy();
    // More than one connection only when one is not enough. What comes of it is for the next statement.
    if (idlest.waiting > 0 && this.#open.size < this.#source.lanes) this.#grow().catch(() => {});
    return idlest;
  }

  close(): void {
    for (const lane of this.#open) lane.close();
  }

  async #waitForLane(): Promise<Lane> {
    if (this.#waiting >= this.#source.waitingMax) throw busy();
    this.#waiting += 1;
    try {
      return await this.#grow();
    } finally {
      this.#waiting -= 1;
    }
  }

  #idlest(): Lane | undefined {
    let idlest: Lane | undefined;
    for (const lane of this.#open) {
      if (idlest === undefined || lane.waiting < idlest.waiting) idlest = lane;
    }
    return idlest;
  }

  #grow(): Promise<Lane> {
    this.#opening ??= this.#openLane().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openLane(): Promise<Lane> {
    const lane = await this.#source.open();
    this.#open.add(lane);
    lane.onClosed(() => this.#open.delete(lane));
    return lane;
  }
}

export const busy = (): StorageError => new StorageError("busy", "too many statements wait for Postgres");
