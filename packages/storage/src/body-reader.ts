import type { MaildropId } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { SharedLanes } from "./lane/shared-lanes.ts";
import { booleanAt, numberAt, octetsAt } from "./lane/value.ts";
import type { RecentCache } from "./recent-cache.ts";
import { findBody, readChunks } from "./statements.ts";
import { storageDown } from "./storage-error.ts";

/** The chunks of one body from its beginning, or from where the last window ended. */
export interface Window {
  readonly bodyId: number;
  readonly chunks: readonly Uint8Array[];
  /** Seq of the chunk that follows. */
  readonly nextSeq: number;
  /** The last chunk is here. */
  readonly isComplete: boolean;
}

/** Windows that hold a whole message each; all sessions of the process share them. */
export type KeptBodies = Pick<RecentCache<string, Window>, "has" | "get" | "set">;

/** Reads bodies of one maildrop. Answers faults, never rejects. */
export class BodyReader {
  readonly #lanes: SharedLanes;
  readonly #maildropId: MaildropId;
  readonly #kept: KeptBodies;

  constructor(lanes: SharedLanes, maildropId: MaildropId, kept: KeptBodies) {
    this.#lanes = lanes;
    this.#maildropId = maildropId;
    this.#kept = kept;
  }

  /** Whether a message is at hand. */
  isKept(uid: number): boolean {
    return this.#kept.has(this.#keyOf(uid));
  }

  /** A whole message, if it is at hand: a body never changes, and its uid is never another's. */
  kept(uid: number): Window | undefined {
    return this.#kept.get(this.#keyOf(uid));
  }

  /** The first chunks of some messages, by uid; those that were removed, or lie elsewhere, are missing. */
  async firstWindows(
    uids: readonly number[],
    chunksMax: number,
  ): Promise<ReadonlyMap<number, Window> | Fault> {
    try {
      const windows = await this.#read(uids, 0, chunksMax);
      for (const [uid, window] of windows) if (window.isComplete) windows.set(uid, this.#keep(uid, window));
      return windows;
    } catch (error) {
      return storageDown(error);
    }
  }

  /** The first chunks of a message whose body does not lie under its uid, because it is a big one. */
  async firstWindowElsewhere(uid: number, chunksMax: number): Promise<Window | Fault> {
    try {
      const [row] = await this.#lanes.run(findBody, [this.#maildropId, uid]);
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

  /**
   * In octets of its own: the chunks are parts of what came from the network, and would keep all of it in
   * memory.
   */
  #keep(uid: number, { bodyId, chunks, nextSeq }: Window): Window {
    const octets = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const whole = Buffer.allocUnsafeSlow(octets);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    const window = { bodyId, chunks: [whole], nextSeq, isComplete: true };
    this.#kept.set(this.#keyOf(uid), window, octets);
    return window;
  }

  async #read(bodyIds: readonly number[], fromSeq: number, chunksMax: number): Promise<Map<number, Window>> {
    const values = [this.#maildropId, bodyIds, fromSeq, fromSeq + chunksMax];
    const rows = await this.#lanes.run(readChunks, values);
    const windows = new Map<
      number,
      Window & { chunks: Uint8Array[]; nextSeq: number; isComplete: boolean }
    >();
    for (const row of rows) {
      const bodyId = numberAt(row, 0);
      let window = windows.get(bodyId);
      if (window === undefined) {
        window = { bodyId, chunks: [], nextSeq: fromSeq, isComplete: false };
        windows.set(bodyId, window);
      }
      window.chunks.push(octetsAt(row, 2));
      window.nextSeq += 1;
      window.isComplete = booleanAt(row, 1);
    }
    return windows;
  }
}
