import { messageNumberAt } from "./message-number.ts";
import { CRLF, SPACE, TERMINATION } from "./octets.ts";
import { type ListingRenderings, type ScanListing, uniqueIdStem } from "./scan-listing.ts";

/** A slice is about one write; between slices other sessions get their turn. */
const sliceOctetsMax = 16_384;

/** Three numbers of at most 16 digits, or one and a unique-id of at most 70 characters; spaces and CRLF. */
const lineOctetsMax = 96;

/** Answers with fewer lines are made anew each time: that costs hardly more than to look for them. */
const linesKeptMin = 20;

type Slices = Generator<Uint8Array, void, undefined>;

/** Writes what stands behind the number of the message at that position. */
type WriteValue = (page: Page, index: number) => void;

/**
 * What follows the first line of the answer to LIST: a line for each message not marked as deleted, and the
 * termination. RFC 1939 §5.
 */
export function scanListingSlices(listing: ScanListing): Slices {
  const { octets } = listing.entries;
  return slices(listing, "scan", (page, index) => page.writeNumber(octets[index] ?? 0));
}

/** The same for a bulletin board, where the number that it counts a message by stands behind. RFC 1082. */
export function boardListingSlices(listing: ScanListing): Slices {
  const { octets, uids } = listing.entries;
  return lines(listing, (page, index) => {
    page.writeNumber(octets[index] ?? 0);
    page.writeSpace();
    page.writeNumber(uids[index] ?? 0);
  });
}

/** The same for UIDL. RFC 1939 §7. */
export function uniqueIdListingSlices(listing: ScanListing): Slices {
  const { uids, uniqueIdPrefix, importedUniqueIds } = listing.entries;
  const stem = octetsOf(uniqueIdStem(uniqueIdPrefix));
  return slices(listing, "uniqueIds", (page, index) => {
    const uid = uids[index] ?? 0;
    const imported = importedUniqueIds?.get(uid);
    if (imported === undefined) {
      page.write(stem);
      page.writeNumber(uid);
    } else page.writeAscii(imported);
  });
}

/**
 * Nothing of this depends on the session as long as it has marked no message: where it is kept, sessions
 * share it.
 */
function* slices(listing: ScanListing, rendering: keyof ListingRenderings, writeValue: WriteValue): Slices {
  const { renderings } = listing.entries;
  if (renderings === undefined || !listing.isUnmarked || listing.opened < linesKeptMin) {
    yield* lines(listing, writeValue);
    return;
  }
  const kept = renderings[rendering];
  if (kept !== undefined) {
    yield* kept;
    return;
  }
  const made: Uint8Array[] = [];
  for (const slice of lines(listing, writeValue)) {
    made.push(slice);
    yield slice;
  }
  renderings[rendering] = made;
}

function* lines(listing: ScanListing, writeValue: WriteValue): Slices {
  let linesLeft = listing.dropListing.messages;
  let page = new Page(linesLeft);
  for (let index = 0; index < listing.opened; index += 1) {
    const number = messageNumberAt(index);
    if (!listing.has(number)) continue;
    if (page.isFull) {
      yield page.written;
      page = new Page(linesLeft);
    }
    page.writeNumber(number);
    page.writeSpace();
    writeValue(page, index);
    page.write(CRLF);
    linesLeft -= 1;
  }
  page.write(TERMINATION);
  yield page.written;
}

const octetsOf = (ascii: string): Uint8Array => Uint8Array.from(ascii, (letter) => letter.charCodeAt(0));

/** Writes ASCII into octets: for 100,000 lines ten times faster than joining strings. */
class Page {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(linesLeft: number) {
    this.#octets = new Uint8Array(Math.min(sliceOctetsMax, (linesLeft + 1) * lineOctetsMax));
  }

  /** There may be no room for one more line and the termination. */
  get isFull(): boolean {
    return this.#octets.length - this.#at - TERMINATION.length < lineOctetsMax;
  }

  /** What was written; where much room is left it is a copy, since it may be kept. */
  get written(): Uint8Array {
    const isWasteful = this.#at * 2 < this.#octets.length;
    return isWasteful ? this.#octets.slice(0, this.#at) : this.#octets.subarray(0, this.#at);
  }

  write(octets: Uint8Array): void {
    for (let index = 0; index < octets.length; index += 1) this.#octets[this.#at++] = octets[index] ?? 0;
  }

  writeSpace(): void {
    this.#octets[this.#at++] = SPACE;
  }

  writeAscii(text: string): void {
    for (let index = 0; index < text.length; index += 1) this.#octets[this.#at++] = text.charCodeAt(index);
  }

  /** Decimal digits of an integer that is not negative. */
  writeNumber(value: number): void {
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits += 1;
    this.#at += digits;
    let rest = value;
    for (let back = 1; back <= digits; back += 1) {
      const quotient = Math.floor(rest / 10);
      this.#octets[this.#at - back] = 48 + rest - quotient * 10;
      rest = quotient;
    }
  }
}
