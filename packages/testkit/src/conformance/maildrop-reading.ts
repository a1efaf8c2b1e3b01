import assert from "node:assert/strict";
import { test } from "node:test";
import { isFault, messageNumberAt, TopCut } from "@poplar/protocol";
import fc from "fast-check";
import { measureSurrogate } from "../measure-surrogate.ts";
import {
  bigMessage,
  contentOf,
  deliver,
  numbers,
  type OpenStore,
  open,
  readAll,
  type Tenancy,
  tenancy,
  trace,
  wireOf,
} from "./store-fixture.ts";

/** No reader holds more. */
const windowOctetsMax = 256 * 1024;

/** The part of `MaildropStore` conformance that is about octets. */
export function maildropReadingTests(name: string, openStore: OpenStore): void {
  contentTests(name, openStore);
  surrogateTests(name, openStore);
  bigMessageTests(name, openStore);
  goneTests(name, openStore);
  envelopeTests(name, openStore);
}

function envelopeTests(name: string, openStore: OpenStore): void {
  test(`${name}: a message's envelope is known, with the name of its maildrop`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "one\r\n", "john");
    await deliver(alice, "two\r\n", "Mary+news");
    const maildrop = await open(alice);
    const envelope = { maildrop: alice.login, reversePath: "sender@example.org" };
    for (const [index, local] of ["john", "Mary+news"].entries()) {
      const expected = { ...envelope, recipient: `${local}@${alice.domain}` };
      assert.deepEqual(await maildrop.envelope(messageNumberAt(index)), expected);
    }
    await (await open(alice)).remove(numbers(1));
    assert.deepEqual(await maildrop.envelope(messageNumberAt(0)), { fault: "no-such-message" });
  });
}

function surrogateTests(name: string, openStore: OpenStore): void {
  test(`${name}: surrogates are as long as delivery has counted, and shown to who asks (RFC 6858)`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const content = contentOf("Subject: \xc3\xa4\n\nbody\n");
    const resolved = await alice.store.deliveries.resolveRecipient(alice.login);
    if ("deliveryFault" in resolved) assert.fail(resolved.deliveryFault);
    const surrogateOctets = measureSurrogate([trace, ...content.slices()]);
    await deliver(alice, "Subject: a\n\n");
    await alice.store.deliveries.deliver({
      reversePath: "",
      copies: [{ resolved, traceHeader: trace, surrogateOctets }],
      content,
    });
    const { listing } = await open(alice);
    const [first = assert.fail(), second = assert.fail()] = numbers(1, 2);
    assert.equal(listing.octetsOf(second), content.octets + trace.length);
    listing.showSurrogates();
    assert.equal(listing.octetsOf(second), surrogateOctets);
    assert.equal(listing.dropListing.octets, listing.octetsOf(first) + surrogateOctets);
    assert.deepEqual(
      [first, second].map((number) => listing.isSurrogateShown(number)),
      [false, true],
    );
  });
}

function contentTests(name: string, openStore: OpenStore): void {
  test(`${name}: a message with UTF-8 in its header is known as one (RFC 6532)`, async (t) => {
    const alice = await tenancy(await openStore(t));
    for (const message of ["Subject: a\n\n\xc3\xa4\n", "Subject: \xc3\xa4\n\n", "Subject: \xe4\n\n"]) {
      await deliver(alice, message);
    }
    const { listing } = await open(alice);
    assert.deepEqual(
      numbers(1, 2, 3).map((number) => listing.isInternationalised(number)),
      [false, true, false],
    );
  });

  test(`${name}: it is known how many messages came before the last so many days`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "1\n");
    await deliver(alice, "2\n");
    const maildrop = await open(alice);
    assert.equal(await maildrop.countOlder(1), 0);
    assert.equal(await maildrop.countOlder(-1), 2);
  });

  test(`${name}: messages are read in wire form, octet for octet`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const all = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet));
    const messages = ["", "one\r\n", ".\r\n..\r\n.x", "bare\nline\rfeeds\n", all, Buffer.alloc(8000, "a")];
    for (const message of messages) await deliver(alice, message);
    const maildrop = await open(alice);
    for (const [index, message] of messages.entries()) {
      assert.deepEqual(await readAll(maildrop, index + 1), wireOf(message));
      assert.deepEqual(await readAll(maildrop, index + 1), wireOf(message), "a second time");
    }
  });

  test(`${name}: TOP yields at least its lines, in any order and beside RETR`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const sizes = [40, 7981, 8000, 30_000, 127_981, 130_000, 300_000, 100, 100, 700_000];
    for (const size of sizes) await deliver(alice, bigMessage(size));
    const reading = fc.record({
      number: fc.integer({ min: 1, max: sizes.length }),
      bodyLines: fc.option(fc.constantFrom(0, 1, 50, 500, 100_000), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(reading, { maxLength: 20 }), async (readings) => {
        const maildrop = await open(alice);
        for (const { number, bodyLines } of readings) {
          const expected = wireOf(bigMessage(sizes[number - 1] ?? 0));
          const extent = bodyLines === undefined ? "whole" : { bodyLines };
          const read = await readAll(maildrop, number, extent);
          const wanted = bodyLines === undefined ? expected : new TopCut(bodyLines).take(expected);
          assert.ok(read.length >= wanted.length);
          assert.ok(read.equals(expected.subarray(0, read.length)), `message ${number}`);
        }
      }),
      { numRuns: 15 },
    );
  });

  test(`${name}: a maildrop is read from its first message to its last, past those marked`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const messages = Array.from({ length: 120 }, (_, index) => bigMessage(100 + ((index * 997) % 20_000)));
    for (const message of messages) await deliver(alice, message);
    const maildrop = await open(alice);
    for (const [index, message] of messages.entries()) {
      if (index % 7 === 3) maildrop.listing.markDeleted(messageNumberAt(index));
      else assert.ok((await readAll(maildrop, index + 1)).equals(wireOf(message)), `message ${index + 1}`);
    }
  });
}

function bigMessageTests(name: string, openStore: OpenStore): void {
  test(`${name}: a big message streams in windows of at most 256 KiB`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const message = bigMessage(3_000_001);
    await deliver(alice, message);
    await deliver(alice, "small\r\n");
    const maildrop = await open(alice);
    const reader = await maildrop.read(messageNumberAt(0), "whole");
    assert.ok(!isFault(reader));
    const octets: Uint8Array[] = [];
    for (let window = await reader.next(); window !== undefined; window = await reader.next()) {
      assert.ok(!isFault(window));
      assert.ok(window.length <= windowOctetsMax && window.length > 0, `a window of ${window.length}`);
      octets.push(Uint8Array.from(window));
      reader.giveBack?.(window);
      if (octets.length === 3) assert.deepEqual(await readAll(maildrop, 2), wireOf("small\r\n"));
    }
    assert.ok(Buffer.concat(octets).equals(wireOf(message)));
  });

  test(`${name}: two readers of one message do not disturb each other`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const message = bigMessage(600_000);
    await deliver(alice, message);
    const maildrop = await open(alice);
    const both = await Promise.all([readAll(maildrop, 1), readAll(maildrop, 1)]);
    for (const read of both) assert.ok(read.equals(wireOf(message)));
  });

  test(`${name}: the start of a big message comes without its end`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, bigMessage(2_000_000));
    const maildrop = await open(alice);
    const reader = await maildrop.read(messageNumberAt(0), { bodyLines: 3 });
    assert.ok(!isFault(reader));
    const first = await reader.next();
    assert.ok(first !== undefined && !isFault(first));
    assert.ok(first.length >= trace.length + 400 && first.length <= windowOctetsMax);
  });
}

function goneTests(name: string, openStore: OpenStore): void {
  const removeBehind = async (alice: Tenancy, ...gone: number[]): Promise<void> => {
    assert.equal(await (await open(alice)).remove(numbers(...gone)), undefined);
  };

  test(`${name}: a message removed behind a session's back is no such message, the others are there`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const messages = [bigMessage(40_000), bigMessage(50_000), bigMessage(900_000), bigMessage(60_000)];
    for (const message of messages) await deliver(alice, message);
    const maildrop = await open(alice);
    await removeBehind(alice, 2, 3);
    for (const number of numbers(2, 3)) {
      assert.deepEqual(await maildrop.read(number, "whole"), { fault: "no-such-message" });
      assert.deepEqual(await maildrop.read(number, { bodyLines: 0 }), { fault: "no-such-message" });
    }
    assert.ok((await readAll(maildrop, 1)).equals(wireOf(bigMessage(40_000))));
    assert.ok((await readAll(maildrop, 4)).equals(wireOf(bigMessage(60_000))));
  });

  test(`${name}: a big message removed while it is read never ends as if it were whole`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const message = bigMessage(2_000_000);
    await deliver(alice, message);
    const maildrop = await open(alice);
    const reader = await maildrop.read(messageNumberAt(0), "whole");
    assert.ok(!isFault(reader));
    let octets = 0;
    let window = await reader.next();
    await removeBehind(alice, 1);
    while (window !== undefined && !isFault(window)) {
      octets += window.length;
      window = await reader.next();
    }
    // The memory twin still has all of it.
    if (window === undefined) assert.equal(octets, wireOf(message).length);
    else assert.equal(window.fault, "no-such-message");
  });
}
