import type { Extent, MaybePromise, MessageReader } from "@poplar/maildrop";
import { type Fault, isFault, type MessageNumber, messageNumberAt, type ScanListing } from "@poplar/protocol";
import type { BodyReader } from "./body-reader.ts";
import { chunkOctetsMax, windowChunks } from "./limits.ts";
import type { Window } from "./window-gathering.ts";
import { WindowReader } from "./window-reader.ts";

/** Octets fetched ahead for a client that has read one message, and how they grow while it reads on. */
const budgetOctetsFirst = 32 * 1024;
const budgetGrowth = 4;
const budgetOctetsMax = 256 * 1024;

/** A message that was read is kept for a second look only when it is no longer than this. */
const lastOctetsMax = 64 * 1024;

/** Messages in one fetch, however small. */
const messagesMax = 256;

/** Lines of a body are seldom longer on average; TOP asks for more where they are. */
const bodyLineOctets = 80;

interface Flight {
  readonly numbers: ReadonlySet<MessageNumber>;
  readonly landed: Promise<Fault | undefined>;
}

/**
 * Reads messages, and those that follow along with them: clients read 1 to n.
 *
 * The first read fetches 32 KB, and four times as much each time while the client reads on in order; the next
 * fetch sets out when half of the last one has been read. What is fetched is handed out once.
 */
export class ReadAhead {
  readonly #bodies: BodyReader;
  readonly #listing: ScanListing;
  readonly #held = new Map<MessageNumber, Window>();
  #heldOctets = 0;
  #flight: Flight | undefined;
  /** 0 while the client does not read in order: then only what it asks for is fetched. */
  #budgetOctets = 0;
  /** The message read last, if it is small: TOP is often followed by RETR. */
  #last: { readonly number: MessageNumber; readonly window: Window } | undefined;
  /** The message that a client reading in order asks for next. */
  #expected = messageNumberAt(0);
  /** The first message that no fetch has asked for. */
  #frontier = messageNumberAt(0);
  #isClosed = false;

  constructor(bodies: BodyReader, listing: ScanListing) {
    this.#bodies = bodies;
    this.#listing = listing;
  }

  read(number: MessageNumber, extent: Extent): MaybePromise<MessageReader | Fault> {
    const window = this.#take(number) ?? this.#takeKept(number);
    if (window === undefined) return this.#wait(number, extent);
    this.#fetchOn(extent);
    return new WindowReader(this.#bodies, window, extent === "whole");
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
  }

  async #wait(number: MessageNumber, extent: Extent): Promise<MessageReader | Fault> {
    if (this.#flight?.numbers.has(number) !== true) {
      const isInOrder = number === this.#expected && number === this.#frontier;
      if (isInOrder) this.#growBudget();
      else this.#budgetOctets = 0;
      this.#forget();
      this.#flight = this.#depart(number, extent);
    }
    const fault = await this.#flight.landed;
    if (fault !== undefined) return fault;
    const window = this.#take(number) ?? (await this.#lookElsewhere(number, extent));
    if (isFault(window)) return window;
    this.#fetchOn(extent);
    return new WindowReader(this.#bodies, window, extent === "whole");
  }

  async #lookElsewhere(number: MessageNumber, extent: Extent): Promise<Window | Fault> {
    const window = await this.#bodies.firstWindowElsewhere(this.#listing.uidOf(number), chunksFor(extent));
    if (!isFault(window)) this.#remember(number, window);
    return window;
  }

  #take(number: MessageNumber): Window | undefined {
    if (this.#last?.number === number) return this.#last.window;
    this.#last = undefined;
    const window = this.#held.get(number);
    if (window === undefined) return undefined;
    this.#held.delete(number);
    this.#heldOctets -= window.octets.length;
    this.#remember(number, window);
    return window;
  }

  /**
   * A message that this or another session has read before; what is on its way to this one has to be awaited.
   */
  #takeKept(number: MessageNumber): Window | undefined {
    if (this.#flight?.numbers.has(number) === true) return undefined;
    const window = this.#bodies.kept(this.#listing.uidOf(number));
    if (window === undefined) return undefined;
    const isAtFrontier = number === this.#frontier;
    this.#remember(number, window);
    if (isAtFrontier) this.#frontier = this.#expected;
    return window;
  }

  #remember(number: MessageNumber, window: Window): void {
    this.#expected = this.#after(number);
    this.#last = window.octets.length <= lastOctetsMax ? { number, window } : undefined;
  }

  /** Asks for what comes after the last fetch, when less than half of it is left. */
  #fetchOn(extent: Extent): void {
    if (this.#isClosed || this.#flight !== undefined || this.#budgetOctets === 0) return;
    if (this.#heldOctets * 2 > this.#budgetOctets) return;
    // Where messages were skipped, or big ones come, reading ahead would fetch what nobody asked for.
    if (this.#held.size === 0 && this.#expected !== this.#frontier) return;
    if (!this.#listing.has(this.#frontier) || this.#isKept(this.#frontier)) return;
    this.#growBudget();
    if (this.#costOf(this.#frontier, chunksFor(extent)) > this.#budgetOctets) return;
    this.#flight = this.#depart(this.#frontier, extent);
  }

  #depart(first: MessageNumber, extent: Extent): Flight {
    const chunksMax = chunksFor(extent);
    const numbers: MessageNumber[] = [];
    let octets = 0;
    let number = first;
    while (number <= this.#listing.opened && numbers.length < messagesMax) {
      const cost = this.#costOf(number, chunksMax);
      if (numbers.length > 0 && (octets + cost > this.#budgetOctets || this.#isKept(number))) break;
      numbers.push(number);
      octets += cost;
      number = this.#after(number);
    }
    this.#frontier = number;
    const flight: Flight = {
      numbers: new Set(numbers),
      landed: this.#fetch(numbers, chunksMax).then((windows) => this.#land(flight, windows)),
    };
    return flight;
  }

  async #fetch(
    numbers: readonly MessageNumber[],
    chunksMax: number,
  ): Promise<ReadonlyMap<number, Window> | Fault> {
    return this.#bodies.firstWindows(
      numbers.map((number) => this.#listing.uidOf(number)),
      chunksMax,
    );
  }

  /** A flight that was given up meanwhile leaves nothing behind. */
  #land(flight: Flight, windows: ReadonlyMap<number, Window> | Fault): Fault | undefined {
    if (this.#flight !== flight) return isFault(windows) ? windows : undefined;
    this.#flight = undefined;
    if (isFault(windows)) return windows;
    for (const number of flight.numbers) {
      const window = windows.get(this.#listing.uidOf(number));
      if (window === undefined) continue;
      this.#held.set(number, window);
      this.#heldOctets += window.octets.length;
    }
    return undefined;
  }

  #forget(): void {
    this.#flight = undefined;
    this.#last = undefined;
    this.#held.clear();
    this.#heldOctets = 0;
  }

  #growBudget(): void {
    const grown = Math.max(this.#budgetOctets * budgetGrowth, budgetOctetsFirst);
    this.#budgetOctets = Math.min(grown, budgetOctetsMax);
  }

  #isKept(number: MessageNumber): boolean {
    return this.#bodies.isKept(this.#listing.uidOf(number));
  }

  #costOf(number: MessageNumber, chunksMax: number): number {
    return Math.min(this.#listing.octetsOf(number), chunksMax * chunkOctetsMax);
  }

  /** The next message that is not marked as deleted, or one more than there are. */
  #after(number: MessageNumber): MessageNumber {
    let next = messageNumberAt(number);
    while (next <= this.#listing.opened && !this.#listing.has(next)) next = messageNumberAt(next);
    return next;
  }
}

/** Chunks of the first window: for TOP those that the header and the lines are likely to need. */
function chunksFor(extent: Extent): number {
  if (extent === "whole") return windowChunks;
  return Math.min(1 + Math.floor((extent.bodyLines * bodyLineOctets) / chunkOctetsMax), windowChunks);
}
