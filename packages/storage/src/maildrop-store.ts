import type { MaildropStore, OpenMaildrop, OpenRequest } from "@poplar/maildrop";
import { type Fault, type PackedEntries, ScanListing } from "@poplar/protocol";
import { BodyReader } from "./body-reader.ts";
import type { ExclusiveLanes } from "./lane/exclusive-lanes.ts";
import type { SharedLanes } from "./lane/shared-lanes.ts";
import { booleanAt, numberAt, type Row, textAt } from "./lane/value.ts";
import { unpackEntries } from "./listing.ts";
import { type Fence, PostgresMaildrop } from "./postgres-maildrop.ts";
import { bump, bumpPatiently, list, listImportedUniqueIds } from "./statements.ts";
import { storageDown } from "./storage-error.ts";

/** Connections by what they are for. */
export interface Lanes {
  /** Short statements that never wait for a lock. */
  readonly lookups: SharedLanes;
  /** Chunks of bodies. */
  readonly bodies: SharedLanes;
  /** Transactions, and statements that may wait. */
  readonly writes: ExclusiveLanes;
}

/** Maildrops in Postgres. */
export class PostgresMaildropStore implements MaildropStore {
  readonly #lanes: Lanes;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  async open(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    try {
      return await this.#open(request);
    } catch (error) {
      return storageDown(error);
    }
  }

  /**
   * Two statements in one flight, but two transactions: the listing must not see the maildrop as it was before the bump
   * had its turn, and a statement keeps the snapshot that it began with.
   */
  async #open(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    const { kind } = request.view;
    const values = valuesOf(request);
    const lane = await this.#lanes.lookups.lane();
    const [bumped, listed] = await Promise.all([lane.run(bump[kind], values), lane.run(list[kind], values)]);
    const listing = listed[0];
    if (listing === undefined) return gone(request);
    const fence = bumped[0];
    if (fence !== undefined) return this.#opened(request, fence, listing);
    return numberAt(listing, 0) === 0 ? this.#openedEmpty(request, listing) : this.#openPatiently(request);
  }

  /** A delivery held the maildrop, or was faster than we: this time we wait for it. */
  async #openPatiently(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    const { kind } = request.view;
    const values = valuesOf(request);
    const [fence] = await this.#lanes.writes.run(bumpPatiently[kind], values);
    const [listing] = await this.#lanes.lookups.run(list[kind], values);
    if (listing === undefined) return gone(request);
    return fence === undefined ? this.#openedEmpty(request, listing) : this.#opened(request, fence, listing);
  }

  async #opened(request: OpenRequest, fence: Row, listing: Row): Promise<OpenMaildrop> {
    const entries: PackedEntries = {
      ...unpackEntries(listing[3] ?? null),
      uniqueIdPrefix: textAt(listing, 1),
      importedUniqueIds: booleanAt(listing, 2) ? await this.#importedUniqueIds(request) : undefined,
    };
    return this.#maildrop(request, entries, {
      epoch: numberAt(fence, 0),
      viewOpens: numberAt(fence, 1),
      viewEpoch: numberAt(fence, 2),
      server: textAt(fence, 3),
    });
  }

  /** What arrived since then belongs to the next session: this one has no fence and must not see it. */
  #openedEmpty(request: OpenRequest, listing: Row): OpenMaildrop {
    const entries: PackedEntries = {
      ...unpackEntries(null),
      uniqueIdPrefix: textAt(listing, 1),
      importedUniqueIds: undefined,
    };
    return this.#maildrop(request, entries, undefined);
  }

  #maildrop(request: OpenRequest, entries: PackedEntries, fence: Fence | undefined): OpenMaildrop {
    const bodies = new BodyReader(this.#lanes.bodies, request.maildropId);
    const listing = new ScanListing(entries);
    const { lookups, writes } = this.#lanes;
    return new PostgresMaildrop({ request, listing, fence, bodies, lookups, writes });
  }

  async #importedUniqueIds(request: OpenRequest): Promise<ReadonlyMap<number, string>> {
    const rows = await this.#lanes.lookups.run(listImportedUniqueIds, [request.maildropId]);
    return new Map(rows.map((row) => [numberAt(row, 0), textAt(row, 1)]));
  }
}

const valuesOf = ({ maildropId, view }: OpenRequest): readonly (string | number)[] =>
  view.kind === "whole" ? [maildropId] : [maildropId, view.localPart.toLowerCase()];

/** The login leads to a maildrop that an operator has just removed. */
const gone = ({ maildropId }: OpenRequest): Fault =>
  storageDown(new Error(`maildrop ${maildropId} does not exist`));
