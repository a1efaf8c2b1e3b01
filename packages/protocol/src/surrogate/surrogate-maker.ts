import { CR, CRLF, LF, SPACE } from "../octets.ts";
import { Unstuffer } from "../wire-form.ts";
import { isAsciiOctets } from "./ascii.ts";
import { boundaryIn, downgradeField } from "./downgrade-field.ts";

/** A field is held until it is whole; of a longer one the lines that are not ASCII are left out. */
const fieldOctetsUsualMax = 65_536;

/** RFC 2046 §5.1.1: a boundary has at most 70 characters; then two times two hyphens, blanks and CRLF. */
const boundaryLineOctetsMax = 256;

/** Parts within parts; the headers of deeper ones are shown as they are. */
const boundariesMax = 16;

const HYPHEN = 0x2d;
const TAB = 0x09;

/** What becomes of the rest of something that is too long to be held. */
type Fate = "passes" | "is-excised";

/**
 * Makes the surrogate of an internationalised message while it streams out: ASCII in its header and those of
 * its parts, all else as it is. RFC 6858 §2.
 *
 * Works on the wire form, and holds no more than one header field. How long a surrogate is stands in stores:
 * who changes what is made here has to let the lengths be forgotten, in a migration.
 */
export class SurrogateMaker {
  readonly #fieldOctetsMax: number;
  #isInHeader = true;
  /** The beginning of a line that has not come to its end. */
  #line: Uint8Array[] = [];
  #lineOctets = 0;
  #restOfLine: Fate | undefined;
  /** Whole lines of the field that is being read. */
  #field: Uint8Array[] = [];
  #fieldOctets = 0;
  #restOfField: Fate | undefined;
  /** From the header that is being read. */
  #boundary: string | undefined;
  readonly #boundaries: string[] = [];
  #isChanged = false;
  #made: Uint8Array[] = [];

  constructor(fieldOctetsMax: number = fieldOctetsUsualMax) {
    this.#fieldOctetsMax = fieldOctetsMax;
  }

  /** The message, as far as it has come, is another one than its surrogate. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** What the next octets add to the surrogate; slices refer to `slice` where they can. */
  take(slice: Uint8Array): readonly Uint8Array[] {
    let from = 0;
    while (from < slice.length) {
      const lineEnd = this.#isPlain ? -1 : slice.indexOf(LF, from);
      const until = lineEnd === -1 ? slice.length : lineEnd + 1;
      const piece = slice.subarray(from, until);
      if (this.#isPlain) this.#pass(piece);
      else this.#takePiece(piece, lineEnd !== -1);
      from = until;
    }
    return this.#handOut();
  }

  /** What is left at the end. */
  finish(): readonly Uint8Array[] {
    const line = this.#takeLine();
    if (!this.#isInHeader) this.#pass(line);
    else {
      if (line.length > 0) this.#takeHeaderLine(line);
      this.#endField();
    }
    return this.#handOut();
  }

  /** No header can follow any more. */
  get #isPlain(): boolean {
    return !this.#isInHeader && this.#boundaries.length === 0;
  }

  /** How a message was cut before it came here changes nothing: its surrogate is as long each time. */
  #takePiece(piece: Uint8Array, isLineEnd: boolean): void {
    if (this.#restOfLine === undefined) this.#takeBeginning(piece, isLineEnd);
    else this.#takeRest(piece);
    if (isLineEnd) this.#restOfLine = undefined;
  }

  #takeBeginning(piece: Uint8Array, isLineEnd: boolean): void {
    if (!this.#isInHeader && this.#lineOctets === 0 && piece[0] !== HYPHEN) {
      this.#pass(piece);
      this.#restOfLine = "passes";
      return;
    }
    const room = (this.#isInHeader ? this.#fieldOctetsMax : boundaryLineOctetsMax) - this.#lineOctets;
    this.#line.push(piece.subarray(0, room));
    this.#lineOctets += Math.min(piece.length, room);
    if (piece.length > room) {
      this.#breakLongLine();
      this.#takeRest(piece.subarray(room));
    } else if (isLineEnd) this.#takeWholeLine();
  }

  #takeRest(piece: Uint8Array): void {
    if (this.#restOfLine === "is-excised") return;
    const beyondAscii = this.#isInHeader ? piece.findIndex((octet) => octet >= 0x80) : -1;
    if (beyondAscii === -1) {
      this.#pass(piece);
      return;
    }
    this.#isChanged = true;
    this.#pass(piece.subarray(0, beyondAscii));
    this.#pass(CRLF);
    this.#restOfLine = "is-excised";
  }

  #takeWholeLine(): void {
    const line = this.#takeLine();
    if (this.#isInHeader) this.#takeHeaderLine(line);
    else this.#takeBodyLine(line);
  }

  #breakLongLine(): void {
    const line = this.#takeLine();
    if (!this.#isInHeader) {
      this.#pass(line);
      this.#restOfLine = "passes";
      return;
    }
    if (!this.#isContinuation(line)) this.#endField();
    this.#letGo(line);
    this.#restOfLine = isAsciiOctets(line) && this.#restOfField === "passes" ? "passes" : "is-excised";
  }

  #takeHeaderLine(line: Uint8Array): void {
    if (line[0] === CR || line[0] === LF) {
      this.#endField();
      this.#pass(line);
      this.#enterBody();
      return;
    }
    if (!this.#isContinuation(line)) this.#endField();
    const isTooLong = this.#fieldOctets + line.length > this.#fieldOctetsMax;
    if (isTooLong || this.#restOfField !== undefined) {
      this.#letGo(line);
      return;
    }
    this.#field.push(line);
    this.#fieldOctets += line.length;
  }

  /** RFC 5322 §2.2.3. */
  #isContinuation(line: Uint8Array): boolean {
    const isBegun = this.#fieldOctets > 0 || this.#restOfField !== undefined;
    return isBegun && (line[0] === SPACE || line[0] === TAB);
  }

  /** One more line of a field that is too long. */
  #letGo(line: Uint8Array): void {
    for (const each of [...this.#field, line]) {
      const isExcised = !isAsciiOctets(each);
      // Without its first line, what follows would belong to the field before.
      this.#restOfField ??= isExcised ? "is-excised" : "passes";
      if (isExcised || this.#restOfField === "is-excised") this.#isChanged = true;
      else this.#pass(each);
    }
    this.#field = [];
    this.#fieldOctets = 0;
  }

  #endField(): void {
    if (this.#fieldOctets > 0) {
      const field = joined(this.#field);
      this.#boundary = boundaryIn(field) ?? this.#boundary;
      const downgraded = downgradeField(field);
      if (downgraded !== field) this.#isChanged = true;
      if (downgraded !== undefined) this.#pass(downgraded);
    }
    this.#field = [];
    this.#fieldOctets = 0;
    this.#restOfField = undefined;
  }

  #enterBody(): void {
    this.#isInHeader = false;
    if (this.#boundary !== undefined && this.#boundaries.length < boundariesMax) {
      this.#boundaries.push(this.#boundary);
    }
    this.#boundary = undefined;
  }

  /** RFC 2046 §5.1.1. A boundary of an outer body ends the inner ones. */
  #takeBodyLine(line: Uint8Array): void {
    this.#pass(line);
    const text = new TextDecoder().decode(line).trimEnd();
    for (let depth = this.#boundaries.length - 1; depth >= 0; depth -= 1) {
      const delimiter = `--${this.#boundaries[depth]}`;
      if (text === delimiter) {
        this.#boundaries.length = depth + 1;
        this.#isInHeader = true;
        return;
      }
      if (text === `${delimiter}--`) {
        this.#boundaries.length = depth;
        return;
      }
    }
  }

  #takeLine(): Uint8Array {
    const line = joined(this.#line);
    this.#line = [];
    this.#lineOctets = 0;
    return line;
  }

  /** Lines that lie one after the other are handed out as one. */
  #pass(octets: Uint8Array): void {
    const last = this.#made.at(-1);
    if (last !== undefined && last.buffer === octets.buffer && endOf(last) === octets.byteOffset) {
      const both = new Uint8Array(last.buffer, last.byteOffset, last.length + octets.length);
      this.#made[this.#made.length - 1] = both;
    } else if (octets.length > 0) this.#made.push(octets);
  }

  #handOut(): readonly Uint8Array[] {
    const made = this.#made;
    this.#made = [];
    return made;
  }
}

/** How long the surrogate of a message in wire form is, before byte-stuffing, and whether it is needed. */
export class SurrogateMeter {
  readonly #maker = new SurrogateMaker();
  readonly #unstuffer = new Unstuffer();
  #octets = 0;

  get isChanged(): boolean {
    return this.#maker.isChanged;
  }

  take(slice: Uint8Array): void {
    this.#count(this.#maker.take(slice));
  }

  /** @returns octets, as RFC 1939 §11 counts them. */
  finish(): number {
    this.#count(this.#maker.finish());
    return this.#octets;
  }

  #count(slices: readonly Uint8Array[]): void {
    for (const slice of slices) {
      for (const piece of this.#unstuffer.take(slice)) this.#octets += piece.length;
    }
  }
}

const endOf = (octets: Uint8Array): number => octets.byteOffset + octets.length;

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0), ...others] = pieces;
  if (others.length === 0) return first;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
