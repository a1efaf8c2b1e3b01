import { chunkOctetsMax, windowChunks } from "./limits.ts";

/** A window of a body, as long as it may be. */
const slabOctets = windowChunks * chunkOctetsMax;

/**
 * Memory for windows of big messages, used again and again: new buffers would be swept with the whole heap
 * (see `LaneSocket`). A slab that is not given back is swept like any other memory.
 */
export class SlabPool {
  readonly #freeMax: number;
  readonly #free: Buffer[] = [];

  /** @param octetsMax what may lie here unused. */
  constructor(octetsMax: number) {
    this.#freeMax = Math.floor(octetsMax / slabOctets);
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(slabOctets);
  }

  /** Nothing refers to it any more. */
  giveBack(slab: Buffer): void {
    if (this.#free.length < this.#freeMax) this.#free.push(slab);
  }
}
