import type { MaildropId } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { SharedLanes } from "./lane/shared-lanes.ts";
import { numberAt } from "./lane/value.ts";
import type { RecentCache } from "./recent-cache.ts";
import type { SlabPool } from "./slab-pool.ts";
import { findBody, readChunks } from "./statements.ts";
import { storageDown } from "./storage-error.ts";
import { type Window, WindowGathering } from "./window-gathering.ts";

/** Windows that hold a whole message each; all sessions of the process share them. */
export type KeptBodies = Pick<RecentCache<string, Window>, "has" | "get" | "set">;

/** Where bodies come from: Postgres, and the memory of this process. */
export interface BodySource {
  readonly lanes: SharedLanes;
  readonly kept: KeptBodies;
  readonly slabs: SlabPool;
}

/** Reads bodies of one maildrop. Answers faults, never rejects. */
export class BodyReader {
  readonly #source: BodySource;
  readonly #maildropId: MaildropId;

  constructor(source: BodySource, maildropId: MaildropId) {
    this.#source = source;
    this.#maildropId = maildropId;
  }

  /** Whether a message is at hand. */
  isKept(uid: number): boolean {
    return this.#source.kept.has(this.#keyOf(uid));
  }

  /** A whole message, if it is at hand: a body never changes, and its uid is never another's. */
  kept(uid: number): Window | undefined {
    return this.#source.kept.get(this.#keyOf(uid));
  }

  /** The first chunks of some messages, by uid; those that were removed, or lie elsewhere, are missing. */
  async firstWindows(
    uids: readonly number[],
    chunksMax: number,
  ): Promise<ReadonlyMap<number, Window> | Fault> {
    try {
      const windows = await this.#read(uids, 0, chunksMax);
      for (const [uid, window] of windows) if (window.isComplete) this.#keep(uid, window);
      return windows;
    } catch (error) {
      return storageDown(error);
    }
  }

  /** The first chunks of a message whose body does not lie under its uid, because it is a big one. */
  async firstWindowElsewhere(uid: number, chunksMax: number): Promise<Window | Fault> {
    try {
      const [row] = await this.#source.lanes.run(findBody, [this.#maildropId, uid]);
      if (row === undefined) return { fault: "no-such-message" };
      const bodyId = numberAt(row, 0);
      const windows = await this.#read([bodyId], 0, chunksMax);
      return windows.get(bodyId) ?? { fault: "no-such-message" };
    } catch (error) {
      return storageDown(error);
    }
  }

  /** The window after another one. */
  async windowAfter(window: Window, chunksMax: number): Promise<Window | Fault> {
    try {
      const windows = await this.#read([window.bodyId], window.nextSeq, chunksMax);
      return windows.get(window.bodyId) ?? { fault: "no-such-message" };
    } catch (error) {
      return storageDown(error);
    }
  }

  #keyOf(uid: number): string {
    return `${this.#maildropId} ${uid}`;
  }

  /** A window that has been sent: its memory is used again. */
  giveBack({ slab }: Window): void {
    if (slab !== undefined) this.#source.slabs.giveBack(slab);
  }

  #keep(uid: number, window: Window): void {
    this.#source.kept.set(this.#keyOf(uid), window, window.octets.length);
  }

  async #read(
    bodyIds: readonly number[],
    fromSeq: number,
    chunksMax: number,
  ): Promise<ReadonlyMap<number, Window>> {
    const gathering = new WindowGathering(this.#source.slabs, fromSeq);
    const values = [this.#maildropId, bodyIds, fromSeq, fromSeq + chunksMax];
    await this.#source.lanes.run(readChunks, values, (row) => gathering.take(row));
    return gathering.finish();
  }
}
