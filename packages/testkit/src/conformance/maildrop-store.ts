import assert from "node:assert/strict";
import { test } from "node:test";
import { isFault } from "@poplar/protocol";
import { maildropFenceTests } from "./maildrop-fence.ts";
import { maildropReadingTests } from "./maildrop-reading.ts";
import {
  deliver,
  localPart,
  numbers,
  type OpenStore,
  open,
  tenancy,
  uniqueIds,
  wireOf,
} from "./store-fixture.ts";

/**
 * What every `MaildropStore` must do, with mail that came through the `DeliveryStore` beside it. Call it in a
 * test file of an adapter. The store may hold other mail: each test makes a maildrop of its own.
 */
export function maildropStoreConformance(name: string, openStore: OpenStore): void {
  listingTests(name, openStore);
  removalTests(name, openStore);
  maildropReadingTests(name, openStore);
  maildropFenceTests(name, openStore);
}

function listingTests(name: string, openStore: OpenStore): void {
  test(`${name}: an empty maildrop opens, and removing nothing from it succeeds`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const maildrop = await open(alice);
    assert.deepEqual(maildrop.listing.dropListing, { messages: 0, octets: 0 });
    assert.equal(await maildrop.remove([]), undefined);
  });

  test(`${name}: messages are listed in the order of their delivery`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const uids = [];
    for (const text of ["one", "two", "three"]) uids.push(await deliver(alice, `${text}\r\n`));
    const { listing } = await open(alice);
    assert.deepEqual(
      [...listing.present()].map((number) => listing.uidOf(number)),
      uids,
    );
  });

  test(`${name}: sizes are octets before byte-stuffing (RFC 1939 §11)`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "Subject: dots\r\n\r\n.\r\n..\r\n");
    const { listing } = await open(alice);
    const stuffing = 2;
    const octets = wireOf("Subject: dots\r\n\r\n.\r\n..\r\n").length - stuffing;
    assert.deepEqual(listing.dropListing, { messages: 1, octets });
  });

  test(`${name}: what a session was shown stays, whatever is delivered meanwhile (P8)`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "one\r\n");
    const maildrop = await open(alice);
    const before = uniqueIds(maildrop);
    await deliver(alice, "two\r\n");
    assert.deepEqual(uniqueIds(maildrop), before);
    assert.equal(await maildrop.remove(numbers(1)), undefined);
    assert.equal((await open(alice)).listing.opened, 1);
  });

  test(`${name}: mail for a maildrop that was open and empty waits for the next session`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const empty = await open(alice);
    await deliver(alice, "one\r\n");
    assert.equal(empty.listing.opened, 0);
    assert.equal((await open(alice)).listing.opened, 1);
  });

  test(`${name}: a local part sees its own mail only, in any case of letters`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "to john\r\n", "John");
    await deliver(alice, "to mary\r\n", "mary");
    await deliver(alice, "to john\r\n", "john");
    const { listing } = await open(alice, localPart("JOHN"));
    assert.deepEqual(
      [...listing.present()].map((number) => listing.uidOf(number)),
      [1, 3],
    );
    assert.equal((await open(alice, localPart("nobody"))).listing.opened, 0);
  });

  test(`${name}: a maildrop that does not exist is out of reach, not empty`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const holder = { sessionId: "s", login: alice.login, address: "192.0.2.1" };
    const request = { maildropId: 2 ** 40, view: { kind: "whole" } as const, holder };
    const outcome = await alice.store.maildrops.open(request);
    assert.ok(isFault(outcome) && outcome.fault === "storage-down");
  });
}

function removalTests(name: string, openStore: OpenStore): void {
  test(`${name}: without removal nothing is removed (P2)`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "one\r\n");
    const first = await open(alice);
    const before = uniqueIds(first);
    for (const number of numbers(1)) first.listing.markDeleted(number);
    first.close();
    first.close();
    assert.deepEqual(uniqueIds(await open(alice)), before);
  });

  test(`${name}: what was removed is gone, and the rest is what it was (P1)`, async (t) => {
    const alice = await tenancy(await openStore(t));
    for (const text of ["one", "two", "three", "four"]) await deliver(alice, `${text}\r\n`);
    const maildrop = await open(alice);
    const [, second, , fourth] = uniqueIds(maildrop);
    assert.equal(await maildrop.remove(numbers(3, 1, 3)), undefined);
    const next = await open(alice);
    assert.deepEqual(uniqueIds(next), [second, fourth]);
    const summary = await alice.store.registry.showMaildrop(alice.login);
    assert.partialDeepStrictEqual(summary, next.listing.dropListing);
  });

  test(`${name}: a unique-id is never used again (RFC 1939 §7, P4)`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const seen = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      await deliver(alice, `round ${round}\r\n`);
      await deliver(alice, `round ${round} again\r\n`);
      const maildrop = await open(alice);
      for (const uniqueId of uniqueIds(maildrop)) {
        assert.match(uniqueId, /^[!-~]{1,70}$/);
        assert.ok(!seen.has(uniqueId), uniqueId);
        seen.add(uniqueId);
      }
      assert.equal(await maildrop.remove(numbers(1, 2)), undefined);
    }
  });

  test(`${name}: no two maildrops have a unique-id in common`, async (t) => {
    const store = await openStore(t);
    const [alice, bob] = [await tenancy(store), await tenancy(store)];
    await deliver(alice, "one\r\n");
    await deliver(bob, "one\r\n");
    assert.notDeepEqual(uniqueIds(await open(alice)), uniqueIds(await open(bob)));
  });
}
