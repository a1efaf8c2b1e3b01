import type { OpenRequest } from "@poplar/maildrop";
import type { PackedEntries } from "@poplar/protocol";
import type { StorageLimits } from "./limits.ts";
import { RecentCache } from "./recent-cache.ts";
import type { Window } from "./window-gathering.ts";

/** What was listed, and the counter of the maildrop's changes at that moment. */
export interface KnownListing {
  readonly changes: number;
  readonly entries: PackedEntries;
}

/** Octets that a message takes in packed entries. */
const entryOctets = 16;

/** Octets that its lines take in the answers to LIST and UIDL, beside the prefix of its unique-id. */
const renderedOctets = 48;

/** Octets that an imported unique-id takes, and what is known of a message with UTF-8 in its header. */
const importedOctets = 200;
const internationalisedOctets = 32;

/**
 * What this process knows of maildrops without asking. It holds for one life of Postgres: a server that has
 * lost commits may count the same changes twice, and give the same uid to another message.
 */
export class ServerMemory {
  /** Of which life, as `server_identity()` names it. */
  readonly server: string;
  /** Small messages that were read lately; `BodyReader` makes the keys. */
  readonly bodies: RecentCache<string, Window>;
  readonly #listings: RecentCache<number | string, KnownListing>;
  readonly #listingOctetsMax: number;

  constructor(server: string, limits: StorageLimits) {
    this.server = server;
    this.bodies = new RecentCache(limits.keptBodyOctetsMax);
    this.#listings = new RecentCache(limits.keptListingOctetsMax);
    this.#listingOctetsMax = limits.keptListingOctetsMax;
  }

  listing(request: OpenRequest): KnownListing | undefined {
    return this.#listings.get(listingKey(request));
  }

  /**
   * Keeps a listing, if it is not too long to be kept. @returns its entries, together with what is made of
   * them.
   */
  keepListing(request: OpenRequest, { changes, entries }: KnownListing): PackedEntries {
    const octets = octetsOf(entries);
    if (octets > this.#listingOctetsMax) return entries;
    const kept: PackedEntries = { ...entries, renderings: {} };
    this.#listings.set(listingKey(request), { changes, entries: kept }, octets);
    return kept;
  }
}

/** The most that entries and answers come to. */
function octetsOf(entries: PackedEntries): number {
  const { octets, uniqueIdPrefix, importedUniqueIds, internationalised } = entries;
  const octetsEach = entryOctets + renderedOctets + uniqueIdPrefix.length;
  const imported = (importedUniqueIds?.size ?? 0) * importedOctets;
  return octets.length * octetsEach + imported + (internationalised?.size ?? 0) * internationalisedOctets;
}

const listingKey = ({ maildropId, view }: OpenRequest): number | string =>
  view.kind === "whole" ? maildropId : `${maildropId} ${view.localPart.toLowerCase()}`;
