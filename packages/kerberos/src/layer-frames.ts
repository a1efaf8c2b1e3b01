import { OctetQueue } from "./octet-queue.ts";

const LENGTH_OCTETS = 4;

/** A token as it goes over the wire: its length in four octets, then itself. RFC 4422 §3.7. */
export function encodeLayerFrame(token: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(LENGTH_OCTETS + token.length);
  framed.writeUInt32BE(token.length);
  framed.set(token, LENGTH_OCTETS);
  return framed;
}

/** From octets to tokens. Pure, and holds one token at most. */
export class LayerFrames {
  readonly #tokenOctetsMax: number;
  readonly #held: OctetQueue = new OctetQueue();

  /** @param tokenOctetsMax what the offer said that we can take. */
  constructor(tokenOctetsMax: number) {
    this.#tokenOctetsMax = tokenOctetsMax;
  }

  receive(octets: Uint8Array): void {
    this.#held.append(octets);
  }

  /**
   * The next token; `undefined` until more octets have come; `too-long` for one that we never said we could
   * take.
   */
  next(): Uint8Array | undefined | "too-long" {
    const length = this.#held.peekUint32();
    if (length === undefined) return undefined;
    if (length > this.#tokenOctetsMax) return "too-long";
    if (this.#held.octets < LENGTH_OCTETS + length) return undefined;
    return this.#held.take(LENGTH_OCTETS + length).subarray(LENGTH_OCTETS);
  }
}
