import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Delivery,
  type DeliveryCopy,
  isDeliveryFault,
  type ResolvedRecipient,
  type WireContent,
} from "@poplar/maildrop";
import { messageNumberAt } from "@poplar/protocol";
import fc from "fast-check";
import {
  bigMessage,
  contentOf,
  deliver,
  done,
  type OpenStore,
  open,
  readAll,
  type Tenancy,
  tenancy,
  trace,
  wireOf,
} from "./store-fixture.ts";

/**
 * What every `DeliveryStore` must do. Call it in a test file of an adapter. The store may hold other mail:
 * each test makes maildrops of its own.
 */
export function deliveryStoreConformance(name: string, openStore: OpenStore): void {
  resolutionTests(name, openStore);
  copyTests(name, openStore);
  quotaTests(name, openStore);
  failureTests(name, openStore);
  concurrencyTests(name, openStore);
}

async function resolve({ store, domain }: Tenancy, localPart: string): Promise<ResolvedRecipient> {
  const resolved = await store.deliveries.resolveRecipient(`${localPart}@${domain}`);
  if (isDeliveryFault(resolved)) assert.fail(resolved.deliveryFault);
  return resolved;
}

const toCopy = (resolved: ResolvedRecipient, traceHeader = trace): DeliveryCopy => ({
  resolved,
  traceHeader,
});

const toDelivery = (content: WireContent, ...copies: DeliveryCopy[]): Delivery => ({
  reversePath: "",
  copies,
  content,
});

const faultName = (outcome: unknown): unknown => (isDeliveryFault(outcome) ? outcome.deliveryFault : outcome);

function resolutionTests(name: string, openStore: OpenStore): void {
  test(`${name}: a recipient is itself, else without its subaddress, else the catch-all`, async (t) => {
    const store = await openStore(t);
    const alice = await tenancy(store);
    const john = `john@${alice.domain}`;
    const tagged = `john+lists@${alice.domain}`;
    const addLogin = async (login: string): Promise<number> =>
      done(await store.registry.addLogin({ name: login, passwordVerifier: "v", quotaOctets: undefined }))
        .maildropId;
    const johnId = await addLogin(john);
    const taggedId = await addLogin(tagged);
    const expected: readonly [string, number][] = [
      ["john", johnId],
      ["JoHN", johnId],
      ["john+news", johnId],
      // RFC 5321 §4.1.2: quotes that are not needed are not meant, and those that are, are.
      ['"john"', johnId],
      ['"Jo\\hn+news"', johnId],
      ['"john "', alice.maildropId],
      ['"jo"hn"', alice.maildropId],
      ['"john', alice.maildropId],
      ["john+lists", taggedId],
      ["john+Lists", taggedId],
      ["alice+a+b", alice.maildropId],
      ["+tag", alice.maildropId],
      ["whoever", alice.maildropId],
    ];
    for (const [localPart, maildropId] of expected) {
      const recipient = `${localPart}@${alice.domain.toUpperCase()}`;
      assert.deepEqual(await store.deliveries.resolveRecipient(recipient), { recipient, maildropId });
    }
  });

  test(`${name}: what leads nowhere is an unknown recipient`, async (t) => {
    const { store, domain, login } = await tenancy(await openStore(t));
    done(await store.registry.removeAddress(`*@${domain}`));
    const nowhere = [
      `bob@${domain}`,
      "alice@elsewhere.test",
      "alice",
      `@${domain}`,
      `alice@`,
      "",
      "a\0b@c.test",
    ];
    for (const recipient of nowhere) {
      assert.deepEqual(await store.deliveries.resolveRecipient(recipient), {
        deliveryFault: "unknown-recipient",
      });
    }
    done(await store.registry.setDisabled(login, true));
    assert.ok(!isDeliveryFault(await store.deliveries.resolveRecipient(login)), "a disabled login has mail");
  });
}

function copyTests(name: string, openStore: OpenStore): void {
  test(`${name}: each recipient has a copy with a trace header of its own, even in one maildrop`, async (t) => {
    const store = await openStore(t);
    const [alice, bob] = [await tenancy(store), await tenancy(store)];
    const message = bigMessage(50_000);
    const headers = ["Delivered-To: john\r\n", "Delivered-To: a-longer-name\r\n", "X: 3\r\n"].map((header) =>
      Buffer.from(header),
    );
    const to = [await resolve(alice, "john"), await resolve(bob, "alice"), await resolve(alice, "mary")];
    const copies = to.map((resolved, index) => toCopy(resolved, headers[index]));
    const outcomes = await store.deliveries.deliver(toDelivery(contentOf(message), ...copies));
    assert.deepEqual(outcomes, [1, 1, 2]);
    const [hers, his] = [await open(alice), await open(bob)];
    assert.ok((await readAll(hers, 1)).equals(wireOf(message, headers[0])));
    assert.ok((await readAll(hers, 2)).equals(wireOf(message, headers[2])));
    assert.ok((await readAll(his, 1)).equals(wireOf(message, headers[1])));
    const listed = done(await store.registry.listMessages(alice.login, { after: undefined, limit: 10 }));
    assert.deepEqual(
      listed.map(({ recipient, reversePath, octets }) => ({ recipient, reversePath, octets })),
      [to[0], to[2]].map((resolved, index) => ({
        recipient: resolved?.recipient,
        reversePath: "",
        octets: message.length + (headers[index * 2]?.length ?? 0),
      })),
    );
  });

  test(`${name}: how the content is sliced does not matter`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const resolved = await resolve(alice, "alice");
    const sizes = fc.constantFrom(0, 1, 7979, 7981, 7982, 16_000, 100_000, 264_000, 600_000);
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 500, max: 70_000 }), async (size, sliceOctets) => {
        const message = size < 100 ? "x".repeat(size) : bigMessage(size);
        const delivery = toDelivery(contentOf(message, sliceOctets), toCopy(resolved));
        const [uid] = await alice.store.deliveries.deliver(delivery);
        const maildrop = await open(alice);
        const last = messageNumberAt(maildrop.listing.opened - 1);
        assert.equal(uid, maildrop.listing.uidOf(last));
        assert.ok((await readAll(maildrop, maildrop.listing.opened)).equals(wireOf(message)));
      }),
      { numRuns: 20 },
    );
  });
}

function quotaTests(name: string, openStore: OpenStore): void {
  for (const octets of [1000, 900_000]) {
    test(`${name}: a copy of ${octets} octets for a full maildrop is refused, the others are taken`, async (t) => {
      const store = await openStore(t);
      const message = bigMessage(octets);
      const exactly = octets + trace.length;
      const [alice, bob] = [await tenancy(store, exactly), await tenancy(store, exactly - 1)];
      const both = [toCopy(await resolve(alice, "alice")), toCopy(await resolve(bob, "alice"))];
      const first = await store.deliveries.deliver(toDelivery(contentOf(message), ...both));
      assert.deepEqual(first, [1, { deliveryFault: "over-quota" }]);
      const second = await store.deliveries.deliver(toDelivery(contentOf(message), ...both));
      assert.deepEqual(second.map(faultName), ["over-quota", "over-quota"]);
      assert.equal((await open(bob)).listing.opened, 0);
      assert.ok((await readAll(await open(alice), 1)).equals(wireOf(message)));
    });
  }

  test(`${name}: a maildrop without any room is known when its recipient is resolved`, async (t) => {
    const alice = await tenancy(await openStore(t), 200);
    await deliver(alice, "x".repeat(198 - trace.length));
    assert.deepEqual(await alice.store.deliveries.resolveRecipient(alice.login), {
      deliveryFault: "over-quota",
    });
    done(await alice.store.registry.setQuota(alice.login, 201));
    await resolve(alice, "alice");
  });
}

function failureTests(name: string, openStore: OpenStore): void {
  for (const octets of [20_000, 900_000]) {
    test(`${name}: content of ${octets} octets that breaks off leaves nothing behind (P5)`, async (t) => {
      const alice = await tenancy(await openStore(t));
      const whole = contentOf(bigMessage(octets));
      const broken: WireContent = {
        ...whole,
        async *slices() {
          yield* whole.slices();
          throw new Error("the spool is gone");
        },
      };
      const copies = [toCopy(await resolve(alice, "john")), toCopy(await resolve(alice, "mary"))];
      const outcomes = await alice.store.deliveries.deliver(toDelivery(broken, ...copies));
      assert.deepEqual(outcomes.map(faultName), ["storage-down", "storage-down"]);
      const { listing } = await open(alice);
      assert.equal(listing.opened, 0);
      await deliver(alice, "and goes on\r\n");
    });
  }

  for (const octets of [1000, 900_000]) {
    test(`${name}: a maildrop removed since is an unknown recipient, the others are served (${octets})`, async (t) => {
      const store = await openStore(t);
      const [alice, bob] = [await tenancy(store), await tenancy(store)];
      const copies = [toCopy(await resolve(alice, "alice")), toCopy(await resolve(bob, "alice"))];
      done(await store.registry.removeLogin(alice.login, "purge"));
      const outcomes = await store.deliveries.deliver(toDelivery(contentOf(bigMessage(octets)), ...copies));
      assert.deepEqual(outcomes.map(faultName), ["unknown-recipient", 1]);
    });
  }
}

function concurrencyTests(name: string, openStore: OpenStore): void {
  test(`${name}: many at once to the same maildrops, in any order, do not block each other`, async (t) => {
    const store = await openStore(t);
    const [alice, bob] = [await tenancy(store), await tenancy(store)];
    const [hers, his] = [toCopy(await resolve(alice, "alice")), toCopy(await resolve(bob, "alice"))];
    const deliveries = Array.from({ length: 40 }, (_, index) =>
      toDelivery(contentOf(`message ${index}\r\n`), ...(index % 2 === 0 ? [hers, his] : [his, hers])),
    );
    const outcomes = await Promise.all(deliveries.map((delivery) => store.deliveries.deliver(delivery)));
    const uids = outcomes.map((pair) => Number(pair[0])).toSorted((one, other) => one - other);
    assert.deepEqual(
      uids,
      Array.from(deliveries, (_, index) => index + 1),
    );
    assert.equal((await open(alice)).listing.opened, deliveries.length);
    assert.equal((await open(bob)).listing.opened, deliveries.length);
  });

  test(`${name}: a session never sees a message and later an earlier one for the first time`, async (t) => {
    const alice = await tenancy(await openStore(t));
    const progress = { left: 30 };
    const delivered = Promise.all(
      Array.from({ length: progress.left }, async (_, index) => {
        await deliver(alice, bigMessage(index % 10 === 0 ? 600_000 : 5000));
        progress.left -= 1;
      }),
    );
    let highest = 0;
    do {
      const { listing } = await open(alice);
      const uids = [...listing.present()].map((number) => listing.uidOf(number));
      assert.deepEqual(
        uids.slice(0, highest),
        Array.from({ length: highest }, (_, index) => index + 1),
      );
      highest = uids.length;
    } while (progress.left > 0);
    await delivered;
  });
}
