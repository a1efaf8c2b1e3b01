import type { MaybePromise, MessageReader } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { BodyReader, Window } from "./body-reader.ts";
import { windowChunks } from "./limits.ts";

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

  constructor(bodies: BodyReader, first: Window, isWhole: boolean) {
    this.#bodies = bodies;
    this.#window = first;
    this.#isWhole = isWhole;
  }

  next(): MaybePromise<readonly Uint8Array[] | undefined | Fault> {
    if (!this.#isFirst) return this.#window.isComplete ? undefined : this.#advance();
    this.#isFirst = false;
    return this.#handOut(this.#window);
  }

  async #advance(): Promise<readonly Uint8Array[] | Fault> {
    const window = await (this.#coming ?? this.#bodies.windowAfter(this.#window, windowChunks));
    return isFault(window) ? window : this.#handOut(window);
  }

  /** The octets that are handed out are the caller's: only the place where to go on is remembered. */
  #handOut(window: Window): readonly Uint8Array[] {
    this.#window = { ...window, chunks: [] };
    this.#coming =
      this.#isWhole && !window.isComplete ? this.#bodies.windowAfter(window, windowChunks) : undefined;
    return window.chunks;
  }
}
