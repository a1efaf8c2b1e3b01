import { Duplex } from "node:stream";
import type { SecurityLayer } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";

/** The layer could not take what came, or not protect what was to go out. */
export class SecurityLayerError extends Error {
  override readonly name = "SecurityLayerError";

  constructor(fault: Fault) {
    super(`security layer: ${fault.fault}`, { cause: "cause" in fault ? fault.cause : undefined });
  }
}

/**
 * A connection with a security layer on it, negotiated by SASL: what is written goes out wrapped, what is
 * read has been unwrapped. RFC 4422 §3.7. One piece at a time each way, so that a fast side waits for a slow
 * one.
 */
export class LayeredTransport extends Duplex {
  readonly #under: Duplex;
  readonly #layer: SecurityLayer;
  #reading: Promise<void> = Promise.resolve();

  /** @param early what has been read from the connection and belongs to the layer already. */
  constructor(under: Duplex, layer: SecurityLayer, early: Uint8Array) {
    super({ allowHalfOpen: true });
    this.#under = under;
    this.#layer = layer;
    under.pause();
    if (early.length > 0) under.unshift(early);
    under.on("data", (octets: Buffer) => {
      this.#reading = this.#unwrap(octets);
    });
    // It may come while the last piece is still being unwrapped.
    under.on("end", () => void this.#reading.then(() => this.push(null)));
    under.on("error", (err) => this.destroy(err));
    under.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#under.resume();
  }

  override _write(octets: Buffer, _encoding: BufferEncoding, done: (err?: Error | null) => void): void {
    void this.#wrap(octets, done);
  }

  override _writev(pieces: readonly { readonly chunk: Buffer }[], done: (err?: Error | null) => void): void {
    void this.#wrap(Buffer.concat(pieces.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (err?: Error | null) => void): void {
    this.#under.end(done);
  }

  override _destroy(err: Error | null, done: (err: Error | null) => void): void {
    this.#layer.close();
    this.#under.destroy();
    done(err);
  }

  async #wrap(octets: Uint8Array, done: (err?: Error | null) => void): Promise<void> {
    const token = await guarded(this.#layer.wrap(octets));
    if (isFault(token)) done(new SecurityLayerError(token));
    // The next piece only when this one is taken: then what waits, waits in clear and is counted once.
    else this.#under.write(token, done);
  }

  async #unwrap(octets: Uint8Array): Promise<void> {
    this.#under.pause();
    const plain = await guarded(this.#layer.unwrap(octets));
    if (this.destroyed) return;
    if (isFault(plain)) this.destroy(new SecurityLayerError(plain));
    else if (plain.length === 0 || this.push(plain)) this.#under.resume();
  }
}

/** A bug in the layer ends this connection and no other. */
const guarded = async (work: Promise<Uint8Array | Fault>): Promise<Uint8Array | Fault> =>
  work.catch((cause: unknown): Fault => ({ fault: "internal", cause }));
