import type { MaybePromise, MessageReader } from "@poplar/maildrop";
import { type Fault, isFault, SurrogateMaker, TERMINATION, TopCut, Unstuffer } from "@poplar/protocol";
import type { Output } from "./output.ts";

type Window = Uint8Array | undefined | Fault;

/** An answer to RETR or TOP. */
interface Wanted {
  readonly status: string;
  /** How many lines of the body, `undefined` for the whole message. RFC 1939 §7, TOP. */
  readonly bodyLines: number | undefined;
  /** Without byte-stuffing and termination. RFC 937. */
  readonly isCounted?: boolean;
  /** Of the message's surrogate, in its place. RFC 6858. */
  readonly isSurrogate?: boolean;
}

/** So much is held back as a whole until it is known what follows; of more, the tail. */
const heldOctetsMax = 16_384;
const tailOctets = 1024;

/**
 * One message on its way to the client: status line, message, termination. Answers without a promise as long
 * as the reader does and the client keeps up.
 *
 * The end of what is known is held back until it is known what follows it, so that no flush ever comes
 * between a message and its termination: some clients stall on that.
 */
export class MessageTransfer {
  readonly #output: Output;
  readonly #reader: MessageReader;
  readonly #status: string;
  readonly #cut: TopCut | undefined;
  readonly #unstuffer: Unstuffer | undefined;
  readonly #maker: SurrogateMaker | undefined;
  #tail: Uint8Array | undefined;
  #hasBegun = false;
  #octets = 0;

  constructor(output: Output, reader: MessageReader, wanted: Wanted) {
    this.#output = output;
    this.#reader = reader;
    this.#status = wanted.status;
    this.#cut = wanted.bodyLines === undefined ? undefined : new TopCut(wanted.bodyLines);
    this.#unstuffer = wanted.isCounted === true ? new Unstuffer() : undefined;
    this.#maker = wanted.isSurrogate === true ? new SurrogateMaker() : undefined;
  }

  /** It is RETR's, not TOP's. */
  get isWhole(): boolean {
    return this.#cut === undefined;
  }

  /** Something of the answer was handed over: a failure can no longer be told in words. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Octets of mail handed over, in wire form, without the termination. */
  get octets(): number {
    return this.#octets;
  }

  /** @returns the fault that stopped it; `undefined` when all was handed over or nobody takes it any more. */
  run(): MaybePromise<Fault | undefined> {
    for (;;) {
      const window = this.#reader.next();
      if (window instanceof Promise) return this.#runFrom(window);
      if (isFault(window)) return window;
      if (this.#isLast(window)) return undefined;
      const pause = this.#output.breathe();
      if (pause !== undefined) return this.#runAfter(pause);
    }
  }

  async #runAfter(pause: Promise<void>): Promise<Fault | undefined> {
    await pause;
    return this.#output.isOpen ? this.#runFrom(this.#reader.next()) : undefined;
  }

  async #runFrom(first: MaybePromise<Window>): Promise<Fault | undefined> {
    let window = await first;
    while (this.#output.isOpen) {
      if (isFault(window)) return window;
      if (this.#isLast(window)) return undefined;
      await this.#output.breathe();
      if (this.#output.isOpen) window = await this.#reader.next();
    }
    return undefined;
  }

  /** Hands a window over, or the end of the answer. */
  #isLast(window: Uint8Array | undefined): boolean {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#output.write(this.#status);
    }
    if (this.#isChanged) for (const slice of this.#change(window)) this.#take(slice);
    else if (window !== undefined) this.#takeAsRead(window);
    if (window !== undefined && this.#cut?.isDone !== true) return false;
    if (this.#tail !== undefined) this.#send(this.#tail);
    if (this.#unstuffer === undefined) this.#output.write(TERMINATION);
    return true;
  }

  get #isChanged(): boolean {
    return this.#cut !== undefined || this.#unstuffer !== undefined || this.#maker !== undefined;
  }

  *#change(window: Uint8Array | undefined): Generator<Uint8Array> {
    for (const slice of this.#replaced(window)) {
      if (this.#unstuffer !== undefined) yield* this.#unstuffer.take(slice);
      else yield this.#cut === undefined ? slice : this.#cut.take(slice);
      if (this.#cut?.isDone === true) return;
    }
  }

  #replaced(window: Uint8Array | undefined): Iterable<Uint8Array> {
    if (this.#maker === undefined) return window === undefined ? [] : [window];
    return window === undefined ? this.#maker.finish() : this.#maker.take(window);
  }

  #takeAsRead(window: Uint8Array): void {
    this.#take(window);
    if (this.#tail !== window) this.#output.whenTaken(() => this.#reader.giveBack?.(window));
  }

  #take(slice: Uint8Array): void {
    if (this.#tail !== undefined) this.#send(this.#tail);
    this.#tail = slice;
    if (slice.length <= heldOctetsMax) return;
    this.#send(slice.subarray(0, -tailOctets));
    // A copy, so that what it is a part of is done with when the rest of it is sent.
    this.#tail = Buffer.from(slice.subarray(-tailOctets));
  }

  #send(octets: Uint8Array): void {
    this.#octets += octets.length;
    this.#output.write(octets);
  }
}
