import { CR, LF } from "./octets.ts";

/** A line without its line end; or the news that one was longer than allowed and has been thrown away. */
export type Framed = { readonly line: Uint8Array } | "overlong";

const NOTHING = new Uint8Array(0);

/**
 * Octets in, command lines out, one at a time: what follows a line stays unread until it is asked for, so that it can
 * still be thrown away (RFC 2595 §4). Holds what was pushed and not yet read; of an endless line it holds nothing.
 *
 * RFC 1939 §3 wants lines to end in CRLF; a bare LF is accepted too, for people who type.
 */
export class LineFramer {
  #held: Uint8Array = NOTHING;
  #isOverlong = false;

  /** Octets waiting to be read. */
  get heldOctets(): number {
    return this.#held.length;
  }

  /** Takes the next octets from the wire; `chunk` must not change afterwards. */
  push(chunk: Uint8Array): void {
    if (this.#held.length === 0) {
      this.#held = chunk;
      return;
    }
    const joined = new Uint8Array(this.#held.length + chunk.length);
    joined.set(this.#held);
    joined.set(chunk, this.#held.length);
    this.#held = joined;
  }

  /**
   * The next line, or `undefined` until more octets come.
   *
   * @param lineOctetsMax longest line, line end included (RFC 2449 §4). A longer one is discarded up to its end and
   *   reported once.
   */
  next(lineOctetsMax: number): Framed | undefined {
    const lineEnd = this.#held.indexOf(LF);
    if (lineEnd === -1) {
      if (this.#isOverlong || this.#held.length >= lineOctetsMax) {
        this.#isOverlong = true;
        this.#held = NOTHING;
      }
      return undefined;
    }
    const isOverlong = this.#isOverlong || lineEnd + 1 > lineOctetsMax;
    const line = this.#held.subarray(
      0,
      lineEnd > 0 && this.#held[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd,
    );
    this.#held = lineEnd + 1 === this.#held.length ? NOTHING : this.#held.subarray(lineEnd + 1);
    this.#isOverlong = false;
    return isOverlong ? "overlong" : { line };
  }

  /** Forgets everything received and not yet read, half a line too. */
  discard(): void {
    this.#held = NOTHING;
    this.#isOverlong = false;
  }
}
