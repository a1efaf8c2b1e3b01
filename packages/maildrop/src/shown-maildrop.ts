import { type Fault, isFault, type MessageNumber, messageNumberAt, ScanListing } from "@poplar/protocol";
import type { Deletion } from "./mail-policy.ts";
import type { Extent, OpenMaildrop } from "./maildrop-store.ts";

/** What becomes of a shown maildrop when its session ends with QUIT. */
export interface Consequences {
  readonly deletion: Deletion;
  /** What was retrieved is removed, whether the client has deleted it or not. */
  readonly removesRetrieved: boolean;
  /** Told the uids of what was retrieved; it costs nothing but a second look if they are lost. */
  readonly noteFetched: ((uids: readonly number[]) => Promise<unknown>) | undefined;
}

/** Some of the messages of a maildrop, numbered from 1. */
export class ShownMaildrop implements OpenMaildrop {
  readonly listing: ScanListing;
  readonly #whole: OpenMaildrop;
  /** Positions in the whole maildrop; `undefined`: all are shown. */
  readonly #shown: Uint32Array | undefined;
  readonly #consequences: Consequences;
  readonly #retrieved = new Set<MessageNumber>();

  constructor(whole: OpenMaildrop, shown: Uint32Array | undefined, consequences: Consequences) {
    this.#whole = whole;
    this.#shown = shown;
    this.#consequences = consequences;
    this.listing = shown === undefined ? whole.listing : listingOf(whole.listing, shown);
  }

  read(number: MessageNumber, extent: Extent): ReturnType<OpenMaildrop["read"]> {
    return this.#whole.read(this.#inWhole(number), extent);
  }

  envelope(number: MessageNumber): ReturnType<OpenMaildrop["envelope"]> {
    return this.#whole.envelope(this.#inWhole(number));
  }

  async countOlder(days: number): Promise<number | Fault> {
    const count = await this.#whole.countOlder(days);
    if (isFault(count) || this.#shown === undefined) return count;
    return this.#shown.filter((position) => position < count).length;
  }

  retrieved(number: MessageNumber): void {
    this.#retrieved.add(number);
  }

  async remove(numbers: readonly MessageNumber[]): Promise<Fault | undefined> {
    const { deletion, removesRetrieved, noteFetched } = this.#consequences;
    const wanted = deletion.way === "ignore" ? [] : numbers;
    const removed = new Set([...wanted, ...(removesRetrieved ? this.#retrieved : [])]);
    if (removed.size > 0) {
      const inWhole = [...removed].map((number) => this.#inWhole(number));
      const fault = await this.#whole.remove(inWhole, deletion.way === "hide" ? deletion.days : 0);
      if (fault !== undefined) return fault;
    }
    if (this.#retrieved.size > 0) {
      await noteFetched?.([...this.#retrieved].map((number) => this.listing.uidOf(number)));
    }
    return undefined;
  }

  close(): void {
    this.#whole.close();
  }

  #inWhole(number: MessageNumber): MessageNumber {
    return messageNumberAt(this.#shown?.[number - 1] ?? number - 1);
  }
}

function listingOf({ entries }: ScanListing, shown: Uint32Array): ScanListing {
  const { octets, uids, uniqueIdPrefix, importedUniqueIds, internationalised, surrogateOctets } = entries;
  return new ScanListing({
    octets: Float64Array.from(shown, (position) => octets[position] ?? 0),
    uids: Float64Array.from(shown, (position) => uids[position] ?? 0),
    uniqueIdPrefix,
    importedUniqueIds,
    internationalised,
    surrogateOctets,
  });
}
