import { type MessageNumber, messageNumberAt } from "./message-number.ts";

/**
 * What the store found when the maildrop was opened, packed: one number per message and no object, because a
 * maildrop may hold 100,000 messages and ten thousand sessions may be open.
 */
export interface PackedEntries {
  /** Sizes as RFC 1939 §11 counts them: octets with CRLF line ends, before byte-stuffing. */
  readonly octets: Float64Array;
  /** Positions of the messages in their maildrop, which only grow: what unique-ids are made from. */
  readonly uids: Float64Array;
  /** What stands before the uid in a unique-id made here: 1 to 40 characters of 0x21–0x7E. */
  readonly uniqueIdPrefix: string;
  /** Unique-ids that came with imported mail, by uid; they are kept to the letter. */
  readonly importedUniqueIds: ReadonlyMap<number, string> | undefined;
  /** Uids of messages with UTF-8 in their headers; absent: there are none. RFC 6532. */
  readonly internationalised?: ReadonlySet<number> | undefined;
  /** Octets of their surrogates, by uid; of those that are missing there is none yet. RFC 6858. */
  readonly surrogateOctets?: ReadonlyMap<number, number> | undefined;
  /** The sum of `octets`, where the store has it at hand. */
  readonly octetsTotal?: number;
  /**
   * Given by a store that keeps the entries for later sessions: what is made of them is kept with them, and
   * belongs to no other entries.
   */
  readonly renderings?: ListingRenderings;
}

/**
 * Answers to LIST and UIDL that show every message, once somebody has asked for them. Nobody changes their
 * octets.
 */
export interface ListingRenderings {
  scan?: readonly Uint8Array[];
  uniqueIds?: readonly Uint8Array[];
}

/**
 * The unique-id of a message that was not imported with one: 1 to 70 characters of 0x21–0x7E. RFC 1939 §7.
 */
export const uniqueIdOf = (prefix: string, uid: number): string => `${uniqueIdStem(prefix)}${uid}`;

/** A unique-id up to its uid. */
export const uniqueIdStem = (prefix: string): string => `${prefix}.`;

/**
 * The maildrop as it stood when it was opened. Deleting marks; it never renumbers. RFC 1939 §5.
 *
 * Numbers, sizes and unique-ids stay what they were to the end of the session.
 */
export class ScanListing {
  #entries: PackedEntries;
  #areSurrogatesShown = false;
  /** Made with the first mark: most sessions set none. */
  #deleted: Set<MessageNumber> | undefined;
  #octetsAtOpen: number;
  #octetsDeleted = 0;

  constructor(entries: PackedEntries) {
    this.#entries = entries;
    this.#octetsAtOpen = octetsIn(entries);
  }

  /** What is shown, and may be shared with other sessions: marks are no part of it. */
  get entries(): PackedEntries {
    return this.#entries;
  }

  /**
   * Shows surrogates in the place of internationalised messages, with their own sizes: for a client that has
   * not said UTF8, before it is shown anything. RFC 6856 §4, RFC 6858 §4.
   */
  showSurrogates(): void {
    const { surrogateOctets, octetsTotal: _asTheyAre, renderings: _shared, ...entries } = this.#entries;
    this.#areSurrogatesShown = true;
    if (surrogateOctets === undefined) return;
    const octets = entries.octets.map((own, index) => surrogateOctets.get(entries.uids[index] ?? 0) ?? own);
    this.#entries = { ...entries, octets, surrogateOctets };
    this.#octetsAtOpen = octetsIn(this.#entries);
  }

  /** True for a message whose surrogate is sent. */
  isSurrogateShown(number: MessageNumber): boolean {
    return this.#areSurrogatesShown && this.entries.surrogateOctets?.has(this.uidOf(number)) === true;
  }

  /** How many messages there were at the start, deleted or not: the highest message number. */
  get opened(): number {
    return this.entries.octets.length;
  }

  /** The drop listing: messages not marked as deleted, and the sum of their octets. RFC 1939 §5, STAT. */
  get dropListing(): { readonly messages: number; readonly octets: number } {
    return {
      messages: this.opened - (this.#deleted?.size ?? 0),
      octets: this.#octetsAtOpen - this.#octetsDeleted,
    };
  }

  /** No message is marked as deleted. */
  get isUnmarked(): boolean {
    return this.#deleted === undefined || this.#deleted.size === 0;
  }

  /** Messages marked as deleted, in the order in which they were marked. */
  get deleted(): readonly MessageNumber[] {
    return [...(this.#deleted ?? [])];
  }

  /**
   * True for a message that is there and not marked: the one check behind RETR, TOP, LIST n, UIDL n and DELE.
   */
  has(number: number): number is MessageNumber {
    const isThere = Number.isInteger(number) && number >= 1 && number <= this.opened;
    return isThere && this.#deleted?.has(messageNumberAt(number - 1)) !== true;
  }

  /** The highest uid that is listed; 0 where nothing is. */
  get highestUid(): number {
    return this.entries.uids.at(-1) ?? 0;
  }

  /** The number of the last message whose uid is not higher than this; 0 where there is none. */
  numberUpTo(uid: number): number {
    const { uids } = this.entries;
    let number = uids.length;
    while (number > 0 && (uids[number - 1] ?? 0) > uid) number -= 1;
    return number;
  }

  /** Octets of a message, deleted or not. */
  octetsOf(number: MessageNumber): number {
    return this.entries.octets[number - 1] ?? 0;
  }

  /** Position of a message in its maildrop, by which the store knows it. */
  uidOf(number: MessageNumber): number {
    return this.entries.uids[number - 1] ?? 0;
  }

  /** The unique-id of a message: for ever the same, and never another's. RFC 1939 §7. */
  uniqueIdOf(number: MessageNumber): string {
    const uid = this.uidOf(number);
    return this.entries.importedUniqueIds?.get(uid) ?? uniqueIdOf(this.entries.uniqueIdPrefix, uid);
  }

  /** True for a message with UTF-8 in its header: to be shown to clients that can read it. RFC 6856 §4. */
  isInternationalised(number: MessageNumber): boolean {
    return this.entries.internationalised?.has(this.uidOf(number)) ?? false;
  }

  /** Marks a message as deleted; takes effect in the UPDATE state only. A mark more changes nothing. */
  markDeleted(number: MessageNumber): void {
    if (!this.has(number)) return;
    this.#deleted ??= new Set();
    this.#deleted.add(number);
    this.#octetsDeleted += this.octetsOf(number);
  }

  /** Takes all marks back. RFC 1939 §5, RSET. */
  unmarkAll(): void {
    this.#deleted = undefined;
    this.#octetsDeleted = 0;
  }

  /** Numbers of the messages not marked as deleted, in order. */
  *present(): Generator<MessageNumber> {
    for (let index = 0; index < this.opened; index += 1) {
      const number = messageNumberAt(index);
      if (this.has(number)) yield number;
    }
  }
}

const octetsIn = ({ octets, octetsTotal }: PackedEntries): number =>
  octetsTotal ?? octets.reduce((sum, each) => sum + each, 0);
