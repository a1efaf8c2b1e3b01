import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { scanListingSlices, uniqueIdListingSlices } from "./listing-lines.ts";
import { messageNumberAt } from "./message-number.ts";
import { ScanListing } from "./scan-listing.ts";

const listingOf = (octets: readonly number[], importedUniqueIds?: ReadonlyMap<number, string>): ScanListing =>
  new ScanListing({
    octets: Float64Array.from(octets),
    uids: Float64Array.from(octets, (_octets, index) => 10 * (index + 1)),
    uniqueIdPrefix: "4f2a",
    importedUniqueIds,
  });

const textOf = (slices: Iterable<Uint8Array>): string => Buffer.concat([...slices]).toString("latin1");

interface Model {
  readonly octets: readonly number[];
  readonly deleted: Set<number>;
}

function checkAgainst(model: Model, listing: ScanListing): void {
  const present = model.octets.flatMap((_octets, index) => (model.deleted.has(index + 1) ? [] : [index + 1]));
  const octets = present.reduce((sum, number) => sum + (model.octets[number - 1] ?? 0), 0);
  assert.equal(present.length + listing.deleted.length, listing.opened);
  assert.deepEqual(listing.dropListing, { messages: present.length, octets });
  assert.deepEqual([...listing.present()], present);
  const scan = present.map((number) => `${number} ${model.octets[number - 1]}\r\n`);
  assert.equal(textOf(scanListingSlices(listing)), `${scan.join("")}.\r\n`);
  const uniqueIds = present.map((number) => `${number} 4f2a.${10 * number}\r\n`);
  assert.equal(textOf(uniqueIdListingSlices(listing)), `${uniqueIds.join("")}.\r\n`);
}

class Dele implements fc.Command<Model, ScanListing> {
  readonly #index: number;

  constructor(index: number) {
    this.#index = index;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, listing: ScanListing): void {
    const number = messageNumberAt(this.#index);
    const isThere = this.#index < model.octets.length && !model.deleted.has(number);
    assert.equal(listing.has(number), isThere);
    listing.markDeleted(number);
    if (isThere) model.deleted.add(number);
    checkAgainst(model, listing);
  }

  toString(): string {
    return `DELE ${this.#index + 1}`;
  }
}

class Rset implements fc.Command<Model, ScanListing> {
  check(): boolean {
    return true;
  }

  run(model: Model, listing: ScanListing): void {
    listing.unmarkAll();
    model.deleted.clear();
    checkAgainst(model, listing);
  }

  toString(): string {
    return "RSET";
  }
}

test("whatever is marked and taken back, present + deleted = opened, and numbers stay. RFC 1939 §5", () => {
  const commands = fc.commands([fc.nat(12).map((index) => new Dele(index)), fc.constant(new Rset())]);
  fc.assert(
    fc.property(fc.array(fc.nat(5_000), { maxLength: 10 }), commands, (octets, sequence) => {
      fc.modelRun(
        () => ({ model: { octets, deleted: new Set<number>() }, real: listingOf(octets) }),
        sequence,
      );
    }),
  );
});

test("only the numbers of its messages are in a listing", () => {
  const listing = listingOf([1, 2, 3]);
  for (const number of [0, -1, 4, 1.5, 2 ** 32 + 1, 1e20, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(listing.has(number), false, String(number));
  }
});

test("totals go beyond 32 bits. RFC 1939 §5", () => {
  assert.equal(listingOf([2 ** 40, 2 ** 40]).dropListing.octets, 2 ** 41);
  assert.equal(textOf(scanListingSlices(listingOf([2 ** 50]))), `1 ${2 ** 50}\r\n.\r\n`);
});

test("a unique-id that came with a message is kept to the letter. RFC 1939 §7", () => {
  const imported = "~".repeat(70);
  const listing = listingOf([1, 2], new Map([[10, imported]]));
  assert.equal(listing.uniqueIdOf(messageNumberAt(0)), imported);
  assert.equal(listing.uniqueIdOf(messageNumberAt(1)), "4f2a.20");
});

test("a long listing comes in slices of limited size, none of which ends within a line", () => {
  const long = "~".repeat(70);
  const octets = Array.from({ length: 5_000 }, (_none, index) => index);
  const listing = listingOf(octets, new Map(octets.map((index) => [10 * (index + 1), long])));
  const slices = [...uniqueIdListingSlices(listing)];
  for (const slice of slices) {
    assert.ok(slice.length <= 16_384);
    assert.equal(Buffer.from(slice.subarray(-2)).toString(), "\r\n");
  }
  const lines = octets.map((index) => `${index + 1} ${long}\r\n`).join("");
  assert.equal(textOf(slices), `${lines}.\r\n`);
});

test("answers that are kept are the same as those made anew, and are not shown where a message is marked", () => {
  const entries = {
    octets: Float64Array.from({ length: 2_000 }, (_none, index) => index * index),
    uids: Float64Array.from({ length: 2_000 }, (_none, index) => 3 * index + 1),
    uniqueIdPrefix: "4f2a",
    importedUniqueIds: new Map([[7, "imported"]]),
  };
  const shared = { ...entries, renderings: {} };
  for (const slicesOf of [scanListingSlices, uniqueIdListingSlices]) {
    const anew = textOf(slicesOf(new ScanListing(entries)));
    // The client of one that is broken off has gone; nothing half made is kept.
    slicesOf(new ScanListing(shared)).next();
    assert.equal(textOf(slicesOf(new ScanListing(shared))), anew);
    const [first] = slicesOf(new ScanListing(shared));
    const [again] = slicesOf(new ScanListing(shared));
    assert.equal(first, again);
    assert.equal(textOf(slicesOf(new ScanListing(shared))), anew);
    const [marking, marked] = [new ScanListing(shared), new ScanListing(entries)];
    for (const listing of [marking, marked]) listing.markDeleted(messageNumberAt(1));
    assert.equal(textOf(slicesOf(marking)), textOf(slicesOf(marked)));
    marking.unmarkAll();
    assert.equal(textOf(slicesOf(marking)), anew);
  }
});
