import { CR, CRLF, DOT, LF } from "./octets.ts";

const EXTRA_DOT = Uint8Array.of(DOT);

/**
 * Makes the wire form of a message while it streams in: CRLF line ends, byte-stuffed (RFC 1939 §3), a last
 * line that ends. Done once, at delivery; sending is then a copy.
 *
 * No octet is lost: a bare LF becomes CRLF, because a client that ends lines at LF could otherwise be made to
 * see a terminating "." inside a message; bare CR, NUL and 8-bit octets stay as they are.
 */
export class WireEncoder {
  #atLineStart = true;
  /** The previous chunk ended in CR, which has been passed on already. */
  #afterCr = false;
  #lineOctets = 0;
  #headerWireOctets: number | undefined;
  #wireOctets = 0;
  #stuffed = 0;

  /** Octets so far before byte-stuffing, as RFC 1939 §11 counts them. */
  get octets(): number {
    return this.#wireOctets - this.#stuffed;
  }

  /** Octets so far in wire form. */
  get wireOctets(): number {
    return this.#wireOctets;
  }

  /** Wire octets of the header with its empty line; all there are in a message without one. */
  get headerWireOctets(): number {
    return this.#headerWireOctets ?? this.#wireOctets;
  }

  /**
   * The wire form of the next octets, in order. Slices refer to `chunk`, which must not change afterwards.
   */
  encode(chunk: Uint8Array): Uint8Array[] {
    const slices: Uint8Array[] = [];
    let written = 0;
    let from = 0;
    const pass = (until: number): void => {
      if (until > written) slices.push(this.#count(chunk.subarray(written, until)));
      written = until;
    };
    while (from < chunk.length) {
      if (this.#atLineStart && chunk[from] === DOT) {
        pass(from);
        slices.push(this.#count(EXTRA_DOT));
        this.#stuffed += 1;
      }
      const lineEnd = chunk.indexOf(LF, from);
      if (lineEnd === -1) {
        this.#lineOctets += chunk.length - from;
        this.#atLineStart = false;
        this.#afterCr = chunk[chunk.length - 1] === CR;
        break;
      }
      const isCrBefore = lineEnd > from ? chunk[lineEnd - 1] === CR : this.#afterCr;
      this.#lineOctets += lineEnd - from - (isCrBefore ? 1 : 0);
      pass(isCrBefore ? lineEnd + 1 : lineEnd);
      if (!isCrBefore) slices.push(this.#count(CRLF));
      written = lineEnd + 1;
      this.#endLine();
      from = lineEnd + 1;
    }
    pass(chunk.length);
    return slices;
  }

  /** Ends the last line if the message did not. */
  finish(): Uint8Array[] {
    if (this.#atLineStart) return [];
    const slice = this.#count(CRLF);
    this.#endLine();
    return [slice];
  }

  #endLine(): void {
    if (this.#lineOctets === 0) this.#headerWireOctets ??= this.#wireOctets;
    this.#lineOctets = 0;
    this.#atLineStart = true;
    this.#afterCr = false;
  }

  #count(slice: Uint8Array): Uint8Array {
    this.#wireOctets += slice.length;
    return slice;
  }
}

/** Takes the wire form of a message back to what it is without byte-stuffing, slice by slice. RFC 1939 §3. */
export class Unstuffer {
  #atLineStart = true;

  /** What of the next octets is the message's own, in order. */
  take(slice: Uint8Array): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (let at = 0; at < slice.length; ) {
      if (this.#atLineStart && slice[at] === DOT) {
        if (at > from) pieces.push(slice.subarray(from, at));
        from = at + 1;
      }
      const lineEnd = slice.indexOf(LF, at);
      this.#atLineStart = lineEnd !== -1;
      at = lineEnd === -1 ? slice.length : lineEnd + 1;
    }
    if (from < slice.length) pieces.push(slice.subarray(from));
    return pieces;
  }
}

/**
 * Cuts a message in wire form after its header, the empty line and so many lines of its body. RFC 1939 §7,
 * TOP.
 *
 * More lines than the body has send all of it. Byte-stuffing does not change where lines end, so this works
 * on the wire form as it is.
 */
export class TopCut {
  #bodyLinesLeft: number;
  #isInHeader = true;
  #lineOctets = 0;
  #isDone = false;

  constructor(bodyLines: number) {
    this.#bodyLinesLeft = bodyLines;
  }

  /** True once all that was asked for has been taken. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** What of the next octets belongs to the answer. */
  take(slice: Uint8Array): Uint8Array {
    let from = 0;
    while (!this.#isDone) {
      const lineEnd = slice.indexOf(LF, from);
      if (lineEnd === -1) {
        this.#lineOctets += slice.length - from;
        return slice;
      }
      this.#lineOctets += lineEnd - from + 1;
      this.#endLine();
      from = lineEnd + 1;
    }
    return slice.subarray(0, from);
  }

  #endLine(): void {
    const isEmptyLine = this.#lineOctets <= CRLF.length;
    this.#lineOctets = 0;
    if (!this.#isInHeader) this.#bodyLinesLeft -= 1;
    else if (isEmptyLine) this.#isInHeader = false;
    this.#isDone = !this.#isInHeader && this.#bodyLinesLeft <= 0;
  }
}
