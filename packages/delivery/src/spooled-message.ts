import type { WireContent } from "@poplar/maildrop";
import { WireEncoder } from "@poplar/protocol";
import type { Refusal } from "./refusal.ts";
import type { Spool } from "./spool.ts";
import type { SpoolFile } from "./spool-file.ts";

const firstBufferOctets = 16 * 1024;

/**
 * One message on its way in, in wire form: in memory up to the spool's limit, else in a file. Octets are
 * copied, for the slices of a client that sends one at a time would take far more memory than they hold.
 */
export class SpooledMessage implements AsyncDisposable {
  readonly #spool: Spool;
  readonly #encoder = new WireEncoder();
  #buffer: Buffer;
  #buffered = 0;
  #file: SpoolFile | undefined;
  #reserved = 0;

  constructor(spool: Spool) {
    this.#spool = spool;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(firstBufferOctets, spool.memoryOctetsMax));
  }

  /** Octets so far before byte-stuffing, with CRLF line ends. */
  get octets(): number {
    return this.#encoder.octets;
  }

  /** Takes the next octets as they came in, in order. */
  append(chunk: Uint8Array): Promise<Refusal | undefined> {
    return this.#keep(this.#encoder.encode(chunk));
  }

  /** Ends the message. Its content can be read until the message is disposed. */
  async finish(): Promise<WireContent | Refusal> {
    const refusal = (await this.#keep(this.#encoder.finish())) ?? (this.#file && (await this.#flush()));
    if (refusal !== undefined) return refusal;
    const { octets, wireOctets, headerWireOctets } = this.#encoder;
    const file = this.#file;
    const inMemory = [this.#buffer.subarray(0, this.#buffered)];
    return {
      octets,
      wireOctets,
      headerWireOctets,
      slices: () => (file === undefined ? inMemory : file.slices()),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#spool.release(this.#reserved);
    this.#reserved = 0;
    // All that can be lost now is a file that nobody wants any more.
    await file?.[Symbol.asyncDispose]().catch(() => undefined);
  }

  async #keep(slices: readonly Uint8Array[]): Promise<Refusal | undefined> {
    for (const slice of slices) {
      let from = this.#fill(slice);
      while (from < slice.length) {
        const refusal = await this.#flush();
        if (refusal !== undefined) return refusal;
        from += this.#fill(slice.subarray(from));
      }
    }
    return undefined;
  }

  /** Copies what has room in memory. @returns how many octets that was. */
  #fill(slice: Uint8Array): number {
    const wanted = this.#buffered + slice.length;
    if (wanted > this.#buffer.length) this.#grow(wanted);
    const taken = slice.subarray(0, this.#buffer.length - this.#buffered);
    this.#buffer.set(taken, this.#buffered);
    this.#buffered += taken.length;
    return taken.length;
  }

  #grow(wanted: number): void {
    const size = Math.min(Math.max(wanted, 2 * this.#buffer.length), this.#spool.memoryOctetsMax);
    if (size === this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(size);
    grown.set(this.#buffer.subarray(0, this.#buffered));
    this.#buffer = grown;
  }

  async #flush(): Promise<Refusal | undefined> {
    if (!this.#spool.reserve(this.#buffered)) return { reason: "spool-full" };
    this.#reserved += this.#buffered;
    try {
      this.#file ??= await this.#spool.openFile();
      await this.#file.append(this.#buffer.subarray(0, this.#buffered));
    } catch (cause) {
      return { reason: "spool-failed", cause };
    }
    this.#buffered = 0;
    return undefined;
  }
}
