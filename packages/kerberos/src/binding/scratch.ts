import type { NativeMemory, Pointer } from "./native.ts";

/** C memory for the time of a few calls: everything taken from it is freed together. */
export class Scratch implements Disposable {
  readonly #memory: NativeMemory;
  readonly #blocks: Pointer[] = [];

  constructor(memory: NativeMemory) {
    this.#memory = memory;
  }

  /** Room for what a function writes: zero until then. */
  room(octets: number): Pointer {
    const block = this.#memory.allocate(octets);
    this.#blocks.push(block);
    return block;
  }

  /** Room for one pointer or number of up to eight octets. */
  slot(): Pointer {
    return this.room(8);
  }

  copyOf(octets: Uint8Array): Pointer {
    const block = this.room(octets.length);
    this.#memory.write(block, octets);
    return block;
  }

  /** A C string. */
  text(text: string): Pointer {
    return this.copyOf(Buffer.from(`${text}\0`, "utf8"));
  }

  /** A struct of eight-octet fields, each a pointer, a `size_t` or a smaller number and its padding. */
  struct(...fields: readonly (Pointer | number)[]): Pointer {
    const layout = new BigUint64Array(fields.map(BigInt));
    return this.copyOf(new Uint8Array(layout.buffer));
  }

  pointerAt(pointer: Pointer): Pointer {
    return this.#view(pointer, 8).getBigUint64(0, true);
  }

  uint32At(pointer: Pointer): number {
    return this.#view(pointer, 4).getUint32(0, true);
  }

  int32At(pointer: Pointer): number {
    return this.#view(pointer, 4).getInt32(0, true);
  }

  octetsAt(pointer: Pointer, octets: number): Uint8Array<ArrayBuffer> {
    return this.#memory.read(pointer, octets);
  }

  textAt(pointer: Pointer): string {
    return Buffer.from(this.#memory.read(pointer, this.#memory.stringOctets(pointer))).toString("utf8");
  }

  [Symbol.dispose](): void {
    for (const block of this.#blocks) this.#memory.free(block);
    this.#blocks.length = 0;
  }

  #view(pointer: Pointer, octets: number): DataView {
    return new DataView(this.#memory.read(pointer, octets).buffer);
  }
}
