/** One message from Postgres: its type and what follows its length, which holds until the next one comes. */
export interface BackendMessage {
  readonly type: number;
  readonly payload: Buffer;
}

/** Type and length. */
const headerOctets = 5;

/** No answer of ours is longer: the longest is the listing of a maildrop, 8 octets a message. */
const payloadOctetsMax = 1024 * 1024 * 1024;

/** One that spans chunks and is no longer is put together in a buffer that is used again. */
const joinedOctetsMax = 64 * 1024;

/**
 * Octets from the socket in, whole messages out.
 *
 * A message that lies within one chunk is handed out as a slice of it, not copied; only one that spans chunks
 * is put together.
 */
export class MessageSplitter {
  readonly #emit: (message: BackendMessage) => void;
  /** A header cut in two: fewer octets than it takes to know the length. */
  #headerPart: Buffer | undefined;
  #message: { readonly type: number; readonly payload: Buffer; filled: number } | undefined;
  readonly #joined = Buffer.allocUnsafeSlow(joinedOctetsMax);

  constructor(emit: (message: BackendMessage) => void) {
    this.#emit = emit;
  }

  /** Takes the next octets. Throws on what is no message. */
  push(chunk: Buffer): void {
    let at = this.#message === undefined ? 0 : this.#fill(chunk);
    let rest = chunk;
    if (this.#headerPart !== undefined) {
      rest = Buffer.concat([this.#headerPart, chunk.subarray(at)]);
      at = 0;
      this.#headerPart = undefined;
    }
    while (rest.length - at >= headerOctets) {
      const type = rest.readUInt8(at);
      const payloadOctets = rest.readInt32BE(at + 1) - 4;
      if (payloadOctets < 0 || payloadOctets > payloadOctetsMax) throw new Error("not the Postgres protocol");
      const begin = at + headerOctets;
      if (rest.length - begin < payloadOctets) {
        const payload = this.#roomFor(payloadOctets);
        this.#message = { type, payload, filled: rest.copy(payload, 0, begin) };
        return;
      }
      at = begin + payloadOctets;
      this.#emit({ type, payload: rest.subarray(begin, at) });
    }
    if (at < rest.length) this.#headerPart = Buffer.from(rest.subarray(at));
  }

  #roomFor(octets: number): Buffer {
    return octets <= joinedOctetsMax ? this.#joined.subarray(0, octets) : Buffer.allocUnsafeSlow(octets);
  }

  /**
   * Completes the message that spans chunks, as far as this one goes. @returns where the next message begins.
   */
  #fill(chunk: Buffer): number {
    const message = this.#message;
    if (message === undefined) return 0;
    const copied = chunk.copy(message.payload, message.filled);
    message.filled += copied;
    if (message.filled < message.payload.length) return copied;
    this.#message = undefined;
    this.#emit(message);
    return copied;
  }
}
