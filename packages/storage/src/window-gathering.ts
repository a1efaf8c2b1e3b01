import { booleanAt, numberAt, octetsAt, type Row } from "./lane/value.ts";
import type { SlabPool } from "./slab-pool.ts";

/** Octets of one body from its beginning, or from where the last window ended. */
export interface Window {
  readonly bodyId: number;
  readonly octets: Uint8Array;
  /** What they lie in, if it is to be used again. */
  readonly slab: Buffer | undefined;
  /** Seq of the chunk that follows. */
  readonly nextSeq: number;
  /** The last chunk is here. */
  readonly isComplete: boolean;
}

/**
 * Puts windows together from the chunks of some bodies, which come body by body and in order. A window that
 * fills its slab stays in it; what is shorter gets octets of its own, of exactly its size.
 */
export class WindowGathering {
  readonly #windows = new Map<number, Window>();
  readonly #slabs: SlabPool;
  readonly #fromSeq: number;
  #slab: Buffer | undefined;
  #octets = 0;
  #bodyId: number | undefined;
  #chunks = 0;
  #isComplete = false;

  constructor(slabs: SlabPool, fromSeq: number) {
    this.#slabs = slabs;
    this.#fromSeq = fromSeq;
  }

  /** Takes a row of `readChunks`. */
  take(row: Row): void {
    const bodyId = numberAt(row, 0);
    if (bodyId !== this.#bodyId) this.#finishWindow();
    this.#bodyId = bodyId;
    this.#slab ??= this.#slabs.take();
    const chunk = octetsAt(row, 2);
    this.#slab.set(chunk, this.#octets);
    this.#octets += chunk.length;
    this.#chunks += 1;
    this.#isComplete = booleanAt(row, 1);
  }

  /** All rows have come. */
  finish(): ReadonlyMap<number, Window> {
    this.#finishWindow();
    if (this.#slab !== undefined) this.#slabs.giveBack(this.#slab);
    this.#slab = undefined;
    return this.#windows;
  }

  #finishWindow(): void {
    const slab = this.#slab;
    if (this.#bodyId === undefined || slab === undefined) return;
    const octets = slab.subarray(0, this.#octets);
    const isFull = !this.#isComplete && this.#octets * 2 > slab.length;
    this.#windows.set(this.#bodyId, {
      bodyId: this.#bodyId,
      octets: isFull ? octets : ownOctets(octets),
      slab: isFull ? slab : undefined,
      nextSeq: this.#fromSeq + this.#chunks,
      isComplete: this.#isComplete,
    });
    if (isFull) this.#slab = undefined;
    this.#octets = 0;
    this.#chunks = 0;
  }
}

/** Not of the pool that small buffers share: they would keep all of it in memory. */
function ownOctets(octets: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(octets.length);
  octets.copy(own);
  return own;
}
