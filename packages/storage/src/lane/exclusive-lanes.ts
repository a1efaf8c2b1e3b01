import type { Statement } from "./frontend-message.ts";
import type { Lane } from "./lane.ts";
import { busy, type LaneSource } from "./shared-lanes.ts";
import type { Row, Value } from "./value.ts";

const begin: Statement = { name: "begin", text: "begin" };
const commit: Statement = { name: "commit", text: "commit" };
const rollback: Statement = { name: "rollback", text: "rollback" };

/** Where exclusive lanes come from, and how long a caller waits for one. */
export interface ExclusiveLaneSource extends LaneSource {
  readonly waitMsMax: number;
}

/**
 * Connections that one caller at a time has to itself: for transactions, and for statements that may wait.
 */
export class ExclusiveLanes {
  readonly #source: ExclusiveLaneSource;
  readonly #idle: Lane[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #lanes = new Set<Lane>();
  #taken = 0;

  constructor(source: ExclusiveLaneSource) {
    this.#source = source;
  }

  /** Runs one statement in a transaction of its own. */
  async run(statement: Statement, values: readonly Value[]): Promise<Row[]> {
    return this.#with((lane) => lane.run(statement, values));
  }

  /**
   * Runs statements in one transaction; commits when `work` resolves, rolls back when it rejects.
   *
   * A rejection with `unreachable` leaves open whether the commit took place.
   */
  async transact<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    return this.#with(async (lane) => {
      // Sent together with the first statement of `work`; what it rejects with, that one rejects with too.
      const begun = lane.run(begin, []);
      begun.catch(() => {});
      try {
        const result = await work(lane);
        await begun;
        await lane.run(commit, []);
        return result;
      } catch (error) {
        await lane.run(rollback, []).catch(() => lane.close());
        throw error;
      }
    });
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #with<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      const lane = this.#takeIdle() ?? (await this.#openLane());
      try {
        return await work(lane);
      } finally {
        if (lane.isOpen) this.#idle.push(lane);
      }
    } finally {
      this.#taken -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Waits until fewer than all lanes are taken, and takes one. */
  async #turn(): Promise<void> {
    while (this.#taken >= this.#source.lanes) {
      if (this.#waiting.length >= this.#source.waitingMax) throw busy();
      await this.#wait();
    }
    this.#taken += 1;
  }

  async #wait(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const wake = (): void => {
        clearTimeout(patience);
        resolve();
      };
      const patience = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(busy());
      }, this.#source.waitMsMax);
      this.#waiting.push(wake);
    });
  }

  #takeIdle(): Lane | undefined {
    let lane = this.#idle.pop();
    while (lane !== undefined && !lane.isOpen) lane = this.#idle.pop();
    return lane;
  }

  async #openLane(): Promise<Lane> {
    const lane = await this.#source.open();
    this.#lanes.add(lane);
    lane.onClosed(() => this.#lanes.delete(lane));
    return lane;
  }
}
