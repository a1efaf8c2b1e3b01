import type { MaildropStore, OpenMaildrop, OpenRequest } from "@poplar/maildrop";
import { type Fault, type PackedEntries, ScanListing } from "@poplar/protocol";
import type { Lanes } from "./lane/lanes.ts";
import { booleanAt, numberAt, type Row, textAt, type Value } from "./lane/value.ts";
import type { StorageLimits } from "./limits.ts";
import { unpackEntries, unpackInternationalised } from "./listing.ts";
import { type Fence, PostgresMaildrop } from "./postgres-maildrop.ts";
import { type KnownListing, ServerMemory } from "./server-memory.ts";
import { SlabPool } from "./slab-pool.ts";
import { bump, bumpPatiently, list, listImportedUniqueIds } from "./statements.ts";
import { storageDown } from "./storage-error.ts";
import { SurrogateLengths } from "./surrogate-lengths.ts";

/** Maildrops in Postgres. */
export class PostgresMaildropStore implements MaildropStore {
  readonly #lanes: Lanes;
  readonly #limits: StorageLimits;
  readonly #surrogates: SurrogateLengths;
  readonly #slabs: SlabPool;
  #memory: ServerMemory;

  constructor(lanes: Lanes, limits: StorageLimits) {
    this.#lanes = lanes;
    this.#limits = limits;
    this.#slabs = new SlabPool(limits.freeSlabOctetsMax);
    this.#surrogates = new SurrogateLengths(lanes);
    this.#memory = new ServerMemory("", limits);
  }

  async open(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    try {
      return request.isReadOnly === true ? await this.#openReadOnly(request) : await this.#open(request);
    } catch (error) {
      return storageDown(error);
    }
  }

  async #open(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    const memory = this.#memory;
    const known = memory.listing(request);
    return known === undefined ? this.#openUnknown(request) : this.#openKnown(request, { memory, known });
  }

  /**
   * The bump tells how often the maildrop has changed: a listing that this process has already is not asked
   * for.
   */
  async #openKnown(
    request: OpenRequest,
    { memory, known }: { readonly memory: ServerMemory; readonly known: KnownListing },
  ): Promise<OpenMaildrop | Fault> {
    const { kind } = request.view;
    const [bumped] = await this.#lanes.lookups.run(bump[kind], viewValues(request));
    const fence = bumped && fenceOf(bumped);
    // A server before this one may have counted as far.
    if (fence?.changes === known.changes && fence.server === memory.server) {
      return this.#maildrop(request, known.entries, { fence, memory });
    }
    const [listing] = await this.#lanes.lookups.run(list[kind], viewValues(request));
    return this.#opened(request, fence, listing);
  }

  /**
   * Two statements in one flight, but two transactions: the listing must not see the maildrop as it was
   * before the bump had its turn, and a statement keeps the snapshot that it began with.
   */
  async #openUnknown(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    const { kind } = request.view;
    const lane = await this.#lanes.lookups.lane();
    const [[bumped], [listing]] = await Promise.all([
      lane.run(bump[kind], viewValues(request)),
      lane.run(list[kind], viewValues(request)),
    ]);
    return this.#opened(request, bumped && fenceOf(bumped), listing);
  }

  /**
   * Nothing is remembered of it, or known before: without a fence nobody says which life of Postgres that was
   * of.
   */
  async #openReadOnly(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    const memory = new ServerMemory("", this.#limits);
    const [listing] = await this.#lanes.lookups.run(list[request.view.kind], viewValues(request));
    if (listing === undefined) return gone(request);
    const entries = await this.#entriesOf(request, listing);
    return this.#maildrop(request, entries, { fence: undefined, memory });
  }

  async #opened(
    request: OpenRequest,
    fence: CountedFence | undefined,
    listing: Row | undefined,
  ): Promise<OpenMaildrop | Fault> {
    if (listing === undefined) return gone(request);
    if (fence !== undefined) return this.#openedFilled(request, fence, listing);
    return numberAt(listing, 0) > 0 ? this.#openPatiently(request) : this.#openedEmpty(request, listing);
  }

  /** A delivery held the maildrop, or was faster than we: this time we wait for it. */
  async #openPatiently(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    const { kind } = request.view;
    const [bumped] = await this.#lanes.writes.run(bumpPatiently[kind], viewValues(request));
    const [listing] = await this.#lanes.lookups.run(list[kind], viewValues(request));
    if (listing === undefined) return gone(request);
    if (bumped === undefined) return this.#openedEmpty(request, listing);
    return this.#openedFilled(request, fenceOf(bumped), listing);
  }

  async #openedFilled(request: OpenRequest, fence: Fence, listing: Row): Promise<OpenMaildrop> {
    const memory = this.#memoryOf(fence);
    const entries = await this.#entriesOf(request, listing);
    const kept = memory.keepListing(request, { changes: numberAt(listing, 1), entries });
    return this.#maildrop(request, kept, { fence, memory });
  }

  async #entriesOf(request: OpenRequest, listing: Row): Promise<PackedEntries> {
    const entries: PackedEntries = {
      ...unpackEntries(listing[4] ?? null),
      uniqueIdPrefix: textAt(listing, 2),
      importedUniqueIds: booleanAt(listing, 3) ? await this.#importedUniqueIds(request) : undefined,
      ...unpackInternationalised(listing[5] ?? null),
    };
    this.#surrogates.measure(request.maildropId, unmeasuredIn(entries));
    return entries;
  }

  /** What arrived since then belongs to the next session: this one has no fence and must not see it. */
  #openedEmpty(request: OpenRequest, listing: Row): OpenMaildrop {
    const entries: PackedEntries = {
      ...unpackEntries(null),
      uniqueIdPrefix: textAt(listing, 2),
      importedUniqueIds: undefined,
    };
    return this.#maildrop(request, entries, { fence: undefined, memory: this.#memory });
  }

  #maildrop(
    request: OpenRequest,
    entries: PackedEntries,
    { fence, memory }: { readonly fence: Fence | undefined; readonly memory: ServerMemory },
  ): OpenMaildrop {
    const { lookups, bodies, writes } = this.#lanes;
    const listing = new ScanListing(entries);
    return new PostgresMaildrop({
      request,
      listing,
      fence,
      bodies: { lanes: bodies, kept: memory.bodies, slabs: this.#slabs },
      lookups,
      writes,
    });
  }

  #memoryOf({ server }: Fence): ServerMemory {
    if (this.#memory.server !== server) this.#memory = new ServerMemory(server, this.#limits);
    return this.#memory;
  }

  async #importedUniqueIds(request: OpenRequest): Promise<ReadonlyMap<number, string>> {
    const rows = await this.#lanes.lookups.run(listImportedUniqueIds, [request.maildropId]);
    return new Map(rows.map((row) => [numberAt(row, 0), textAt(row, 1)]));
  }
}

/** A fence, and how often the maildrop had changed when it was raised. */
type CountedFence = Fence & { readonly changes: number };

const unmeasuredIn = ({ internationalised, surrogateOctets }: PackedEntries): readonly number[] =>
  internationalised === undefined
    ? []
    : [...internationalised].filter((uid) => surrogateOctets?.has(uid) !== true);

const fenceOf = (bumped: Row): CountedFence => ({
  epoch: numberAt(bumped, 0),
  viewOpens: numberAt(bumped, 1),
  viewEpoch: numberAt(bumped, 2),
  server: textAt(bumped, 3),
  changes: numberAt(bumped, 4),
});

const localPartOf = ({ view }: OpenRequest): readonly Value[] =>
  view.kind === "whole" ? [] : [view.localPart.toLowerCase()];

const viewValues = (request: OpenRequest): readonly Value[] => [request.maildropId, ...localPartOf(request)];

/** The login leads to a maildrop that an operator has just removed. */
const gone = ({ maildropId }: OpenRequest): Fault =>
  storageDown(new Error(`maildrop ${maildropId} does not exist`));
