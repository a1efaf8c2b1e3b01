import { CR, LF, SPACE } from "./octets.ts";

/** A line without its line end; or the news that one was longer than allowed and has been thrown away. */
export type Framed = Uint8Array | "overlong";

const NOTHING = new Uint8Array(0);

/**
 * Room for a command line (RFC 2449 §4: 255 octets), so that one which comes octet by octet is copied once.
 */
const roomOctetsMin = 256;

/**
 * Octets in, command lines out, one at a time: what follows a line stays unread until it is asked for, so
 * that it can still be thrown away (RFC 2595 §4). Holds what was pushed and not yet read; of an endless line
 * it holds nothing.
 *
 * What comes in whole lines is never copied. Half a line is copied out of its chunk, so that it does not keep
 * the chunk alive; and what is appended to it goes into room that doubles, so that many small segments cost
 * what one large costs.
 *
 * RFC 1939 §3 wants lines to end in CRLF; a bare LF is accepted too, for people who type.
 */
export class LineFramer {
  /**
   * Octets from `#from` to `#until` wait to be read, and of these, those before `#searched` hold no line end.
   * Behind `#until` there is room of our own, with zeroes; in a chunk that was given to us there is none.
   */
  #buffer: Uint8Array = NOTHING;
  #from = 0;
  #searched = 0;
  #until = 0;
  #isOverlong = false;

  /** Octets waiting to be read. */
  get heldOctets(): number {
    return this.#until - this.#from;
  }

  /**
   * Do the octets waiting to be read begin with this keyword and a space? Keywords are case-insensitive. RFC
   * 1939 §3.
   *
   * @param keyword in upper case, letters only.
   */
  beginsWith(keyword: string): boolean {
    if (this.heldOctets <= keyword.length || this.#buffer[this.#from + keyword.length] !== SPACE)
      return false;
    for (let at = 0; at < keyword.length; at += 1) {
      // Without the bit that tells lower case from upper.
      if (((this.#buffer[this.#from + at] ?? 0) & ~0x20) !== keyword.charCodeAt(at)) return false;
    }
    return true;
  }

  /** Takes the next octets from the wire; `chunk` must not change afterwards. */
  push(chunk: Uint8Array): void {
    if (this.heldOctets === 0) this.#hold(chunk);
    else {
      if (this.#until + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
      this.#buffer.set(chunk, this.#until);
      this.#until += chunk.length;
    }
  }

  /**
   * The next line, or `undefined` until more octets come. The line stays valid.
   *
   * @param lineOctetsMax longest line, line end included (RFC 2449 §4). A longer one is discarded up to its
   * end and
   *   reported once.
   */
  next(lineOctetsMax: number): Framed | undefined {
    const lineEnd = this.#buffer.indexOf(LF, this.#searched);
    if (lineEnd === -1) {
      this.#waitForMore(lineOctetsMax);
      return undefined;
    }
    const from = this.#from;
    const isOverlong = this.#isOverlong || lineEnd + 1 - from > lineOctetsMax;
    this.#isOverlong = false;
    this.#from = lineEnd + 1;
    this.#searched = this.#from;
    const isCrBefore = lineEnd > from && this.#buffer[lineEnd - 1] === CR;
    const framed = isOverlong ? "overlong" : this.#buffer.subarray(from, isCrBefore ? lineEnd - 1 : lineEnd);
    if (this.#from === this.#until) this.#hold(NOTHING);
    return framed;
  }

  /** Forgets everything received and not yet read, half a line too. */
  discard(): void {
    this.#hold(NOTHING);
    this.#isOverlong = false;
  }

  /** Hands out everything received and not yet read: it turns out not to be lines. */
  take(): Uint8Array {
    const held = this.#buffer.subarray(this.#from, this.#until);
    this.discard();
    return held;
  }

  #waitForMore(lineOctetsMax: number): void {
    this.#searched = this.#until;
    if (this.#isOverlong || this.heldOctets >= lineOctetsMax) {
      this.#isOverlong = true;
      this.#hold(NOTHING);
    } else if (this.heldOctets > 0 && this.#until === this.#buffer.length) this.#makeRoom(0);
  }

  #makeRoom(octets: number): void {
    const held = this.#buffer.subarray(this.#from, this.#until);
    const searched = this.#searched - this.#from;
    const room = new Uint8Array(Math.max(roomOctetsMin, 2 * (held.length + octets)));
    room.set(held);
    this.#hold(room);
    this.#until = held.length;
    this.#searched = searched;
  }

  #hold(buffer: Uint8Array): void {
    this.#buffer = buffer;
    this.#from = 0;
    this.#searched = 0;
    this.#until = buffer.length;
  }
}
