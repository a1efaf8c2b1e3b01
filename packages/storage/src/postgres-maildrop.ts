import type { Extent, MaybePromise, MessageReader, OpenMaildrop, OpenRequest } from "@poplar/maildrop";
import type { Envelope, Fault, MessageNumber, ScanListing } from "@poplar/protocol";
import { BodyReader, type BodySource } from "./body-reader.ts";
import type { ExclusiveLanes } from "./lane/exclusive-lanes.ts";
import type { SharedLanes } from "./lane/shared-lanes.ts";
import { numberAt, textAt } from "./lane/value.ts";
import { ReadAhead } from "./read-ahead.ts";
import { countOlder, findEnvelope, removeMessages } from "./statements.ts";
import { storageDown } from "./storage-error.ts";

/**
 * What the maildrop and its server were when a session opened it: only while both are still so may it delete.
 */
export interface Fence {
  /** Openings of the whole maildrop. */
  readonly epoch: number;
  /** Openings of local parts; the concern of a session that sees the whole. */
  readonly viewOpens: number;
  /** Openings of this session's local part. */
  readonly viewEpoch: number;
  /** Ends with a crash, a restart or a failover, which may lose a later session's bump. */
  readonly server: string;
}

/** What an open maildrop consists of. */
export interface PostgresMaildropParts {
  readonly request: OpenRequest;
  readonly listing: ScanListing;
  /** `undefined` for a maildrop that was empty. */
  readonly fence: Fence | undefined;
  readonly bodies: BodySource;
  readonly lookups: SharedLanes;
  readonly writes: ExclusiveLanes;
}

/** A maildrop in Postgres that one session has open. */
export class PostgresMaildrop implements OpenMaildrop {
  readonly #parts: PostgresMaildropParts;
  /** Made with the first message that is read: most sessions only look whether there is a new one. */
  #readAhead: ReadAhead | undefined;

  constructor(parts: PostgresMaildropParts) {
    this.#parts = parts;
  }

  get listing(): ScanListing {
    return this.#parts.listing;
  }

  read(number: MessageNumber, extent: Extent): MaybePromise<MessageReader | Fault> {
    this.#readAhead ??= this.#makeReadAhead();
    return this.#readAhead.read(number, extent);
  }

  async envelope(number: MessageNumber): Promise<Envelope | Fault> {
    const { request, lookups } = this.#parts;
    try {
      const [row] = await lookups.run(findEnvelope, [request.maildropId, this.listing.uidOf(number)]);
      if (row === undefined) return { fault: "no-such-message" };
      return { maildrop: textAt(row, 0), reversePath: textAt(row, 1), recipient: textAt(row, 2) };
    } catch (error) {
      return storageDown(error);
    }
  }

  async countOlder(days: number): Promise<number | Fault> {
    const { request, lookups } = this.#parts;
    try {
      const values = [request.maildropId, days, localPartOf(request)];
      const [row] = await lookups.run(countOlder, values);
      return row === undefined ? 0 : Math.min(numberAt(row, 0), this.listing.opened);
    } catch (error) {
      return storageDown(error);
    }
  }

  async remove(numbers: readonly MessageNumber[], keepDays = 0): Promise<Fault | undefined> {
    const uids = [...new Set(numbers)].map((number) => this.listing.uidOf(number));
    const { request, fence } = this.#parts;
    if (request.isReadOnly === true) return { fault: "read-only" };
    if (uids.length === 0 || fence === undefined) return undefined;
    const { maildropId, holder } = request;
    const seen = [fence.epoch, fence.viewOpens, localPartOf(request), fence.viewEpoch, fence.server];
    try {
      const values = [maildropId, uids, ...seen, holder.sessionId, holder.login, keepDays];
      const [row] = await this.#parts.writes.run(removeMessages, values);
      return row === undefined ? storageDown(new Error("no answer")) : faultOf(textAt(row, 0));
    } catch (error) {
      return storageDown(error);
    }
  }

  close(): void {
    this.#readAhead?.close();
  }

  #makeReadAhead(): ReadAhead {
    const { request, listing, bodies } = this.#parts;
    return new ReadAhead(new BodyReader(bodies, request.maildropId), listing);
  }
}

const localPartOf = ({ view }: OpenRequest): string | null =>
  view.kind === "whole" ? null : view.localPart.toLowerCase();

function faultOf(outcome: string): Fault | undefined {
  if (outcome === "removed") return undefined;
  if (outcome === "fenced") return { fault: "lease-lost" };
  return storageDown(new Error("Postgres has restarted since the maildrop was opened"));
}
