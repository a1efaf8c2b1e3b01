import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";

/** What one connection may send before the others get their turn. */
const turnOctetsMax = 1_048_576;

/** Pieces that come to no more than this are joined: to copy them costs less than to hand each over. */
const joinedOctetsMax = 16_384;

/**
 * What goes out on one connection. Pieces are gathered and handed to the kernel together: joined where they
 * are small, else as they are (writev). The writer asks `breathe` between pieces, and so stops when the
 * client is slow or when others wait.
 */
export class Output {
  #socket: Duplex;
  #pieces: (string | Uint8Array)[] = [];
  #gatheredOctets = 0;
  #turnOctets = 0;
  #wake: (() => void) | undefined;
  #drains = 0;
  /** Heard once all pieces before them are taken, in order. */
  #taken: (() => void)[] = [];

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
    this.#turnOctets += piece.length;
    this.#gatheredOctets += piece.length;
    const last = this.#pieces.at(-1);
    // The end of one answer and the beginning of the next.
    if (typeof piece === "string" && typeof last === "string")
      this.#pieces[this.#pieces.length - 1] = last + piece;
    else this.#pieces.push(piece);
  }

  /** Calls back when nothing refers to the pieces written so far; not when the connection fails first. */
  whenTaken(callback: () => void): void {
    this.#taken.push(callback);
  }

  /** Hands what was gathered to the kernel. */
  flush(): void {
    const pieces = this.#gatheredOctets <= joinedOctetsMax ? joined(this.#pieces) : this.#pieces;
    const last = pieces.at(-1);
    if (last === undefined) return;
    const taken = this.#taken.length === 0 ? undefined : callAll(this.#taken);
    this.#pieces = [];
    this.#gatheredOctets = 0;
    this.#taken = [];
    if (!this.#socket.writable) return;
    if (pieces.length > 1) this.#socket.cork();
    for (const piece of pieces.slice(0, -1)) this.#socket.write(piece);
    this.#socket.write(last, taken);
    if (pieces.length > 1) this.#socket.uncork();
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
    const octets = this.#gatheredOctets + this.#socket.writableLength;
    return this.isOpen && octets >= this.#socket.writableHighWaterMark;
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

type Pieces = readonly (string | Uint8Array)[];

const joined = (pieces: Pieces): Pieces =>
  pieces.length <= 1
    ? pieces
    : [Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)))];

const callAll =
  (callbacks: readonly (() => void)[]) =>
  (error?: Error | null): void => {
    if (error === undefined || error === null) for (const callback of callbacks) callback();
  };
