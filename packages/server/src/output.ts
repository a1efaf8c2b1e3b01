import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";

/** What one connection may send before the others get their turn. */
const turnOctetsMax = 1_048_576;

/**
 * What goes out on one connection. Pieces are gathered and handed to the kernel together (writev), never
 * joined. The writer asks `breathe` between pieces, and so stops when the client is slow or when others wait.
 */
export class Output {
  #socket: Duplex;
  #isCorked = false;
  #turnOctets = 0;
  #wake: (() => void) | undefined;
  #drains = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Sends over another transport from now on: TLS, or a security layer. All has been flushed before. */
  use(socket: Duplex): void {
    this.#socket = socket;
  }

  /** False when nothing that is written can still arrive. */
  get isOpen(): boolean {
    return this.#socket.writable;
  }

  /** Somebody waits for the client to take what was sent. */
  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  /** How often the client has caught up: a client that takes octets makes this grow. */
  get drains(): number {
    return this.#drains;
  }

  /** Gathers a piece; it must not change afterwards. */
  write(piece: string | Uint8Array): void {
    if (piece.length === 0 || !this.#socket.writable) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
    }
    this.#turnOctets += piece.length;
    this.#socket.write(piece);
  }

  /** Hands what was gathered to the kernel. */
  flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }

  /**
   * Asked between pieces that may follow one another later: flushes when enough was gathered, or not taken
   * yet.
   *
   * @returns a promise when the writer has to wait, for the client or for its next turn.
   */
  breathe(): Promise<void> | undefined {
    if (!this.#isFull) return undefined;
    this.flush();
    return this.#isFull || this.#turnOctets >= turnOctetsMax ? this.rest() : undefined;
  }

  /** Flushes, waits until the client has taken enough, and in any case for the next turn. */
  async rest(): Promise<void> {
    this.flush();
    this.#turnOctets = 0;
    if (this.#isFull) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    } else {
      await nextTurn();
    }
  }

  /** The socket has handed over all it had. */
  drained(): void {
    this.#drains += 1;
    this.#wakeUp();
  }

  /** The socket is closed: nobody needs to wait for it any more. */
  closed(): void {
    this.#wakeUp();
  }

  /**
   * Gathered, or flushed and not yet taken by the kernel: about one write (64 KiB). When it stays so after a
   * flush, "drain" is sure to come.
   */
  get #isFull(): boolean {
    return this.isOpen && this.#socket.writableLength >= this.#socket.writableHighWaterMark;
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
