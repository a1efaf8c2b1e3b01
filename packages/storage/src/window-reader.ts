import type { MaybePromise, MessageReader } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { BodyReader } from "./body-reader.ts";
import { windowChunks } from "./limits.ts";
import type { Window } from "./window-gathering.ts";

/**
 * Hands out one message window by window. While one is being sent the next one is on its way, if the whole
 * message is wanted: two windows at most are held.
 */
export class WindowReader implements MessageReader {
  readonly #bodies: BodyReader;
  readonly #isWhole: boolean;
  #window: Window;
  #isFirst = true;
  #coming: Promise<Window | Fault> | undefined;
  /** Handed out, in memory that is to be used again. */
  readonly #lent = new Map<Uint8Array, Window>();

  constructor(bodies: BodyReader, first: Window, isWhole: boolean) {
    this.#bodies = bodies;
    this.#window = first;
    this.#isWhole = isWhole;
  }

  next(): MaybePromise<Uint8Array | undefined | Fault> {
    if (!this.#isFirst) return this.#window.isComplete ? undefined : this.#advance();
    this.#isFirst = false;
    return this.#handOut(this.#window);
  }

  giveBack(octets: Uint8Array): void {
    const window = this.#lent.get(octets);
    if (window === undefined) return;
    this.#lent.delete(octets);
    this.#bodies.giveBack(window);
  }

  async #advance(): Promise<Uint8Array | Fault> {
    const window = await (this.#coming ?? this.#bodies.windowAfter(this.#window, windowChunks));
    return isFault(window) ? window : this.#handOut(window);
  }

  /** The octets that are handed out are the caller's: only the place where to go on is remembered. */
  #handOut(window: Window): Uint8Array {
    if (window.slab !== undefined) this.#lent.set(window.octets, window);
    this.#window = { ...window, octets: NO_OCTETS, slab: undefined };
    this.#coming =
      this.#isWhole && !window.isComplete ? this.#bodies.windowAfter(window, windowChunks) : undefined;
    return window.octets;
  }
}

const NO_OCTETS = new Uint8Array();
