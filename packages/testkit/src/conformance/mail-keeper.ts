import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  type HiddenMessage,
  isDeliveryFault,
  isRegistryFault,
  type MailPolicy,
  type OpenMaildrop,
  type RegistryFault,
  type Swept,
} from "@poplar/maildrop";
import { isFault, messageNumberAt } from "@poplar/protocol";
import {
  contentOf,
  deliver,
  done,
  numbers,
  type OpenStore,
  open,
  readAll,
  type Tenancy,
  tenancy,
  trace,
  uniqueIds,
  wireOf,
} from "./store-fixture.ts";

const dayMs = 86_400_000;
const LIMITS = { messagesMax: 100, loginsMax: 100 };

/**
 * What every `MailKeeper` must do, with mail that came and went through the ports beside it. Call it in a
 * test file of an adapter.
 */
export function mailKeeperConformance(name: string, openStore: OpenStore): void {
  policyTests(name, openStore);
  defaultPolicyTests(name, openStore);
  undoTests(name, openStore);
  besideTests(name, openStore);
  purgeTests(name, openStore);
  sweepTests(name, openStore);
}

function policyTests(name: string, openStore: OpenStore): void {
  test(`${name}: a policy is kept as it was given, and stands in the login at its next look-up`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    assert.deepEqual(await store.keeper.showPolicy(login), {});
    const policies: readonly MailPolicy[] = [
      { retentionDays: 30, loginDelaySeconds: 60, sees: { newest: 100 }, deletion: { way: "hide", days: 7 } },
      { retentionDays: 0, sees: { days: 3 }, deletion: { way: "ignore" } },
      { sees: { unfetched: true }, removesRetrieved: true },
      {},
    ];
    for (const policy of policies) {
      const before = await store.logins.findLogin(login);
      assert.equal(await store.keeper.setPolicy(login, policy), undefined);
      assert.deepEqual(await store.keeper.showPolicy(login), policy);
      const found = await store.logins.findLogin(login);
      assert.ok(found !== undefined && !isFault(found) && before !== undefined && !isFault(before));
      assert.deepEqual(found.policy ?? {}, policy);
      assert.ok(found.version > before.version, "what is cached of a login is found to be old");
    }
  });

  test(`${name}: what is true of everybody follows the strictest policy (RFC 2449 §6.5, §6.7)`, async (t) => {
    const store = await openStore(t);
    const [one, other] = [await tenancy(store), await tenancy(store)];
    // As strict as can be: the store may hold other logins.
    done(await store.keeper.setPolicy(one.login, { retentionDays: 0, loginDelaySeconds: 5 }));
    done(await store.keeper.setPolicy(other.login, { retentionDays: 30, loginDelaySeconds: 86_000 }));
    assert.deepEqual(await store.keeper.bounds(), { retentionDaysMin: 0, loginDelaySecondsMax: 86_000 });
    done(await store.keeper.setPolicy(one.login, { removesRetrieved: true }));
    assert.deepEqual(await store.keeper.bounds(), { retentionDaysMin: 0, loginDelaySecondsMax: 86_000 });
    for (const { login } of [one, other]) done(await store.keeper.setPolicy(login, {}));
  });

  test(`${name}: of a login that does not exist nothing can be kept`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const nobody = `nobody.${login}`;
    const notFound = { registryFault: "not-found", name: nobody };
    const { keeper } = store;
    assert.deepEqual(await keeper.setPolicy(nobody, {}), notFound);
    assert.deepEqual(await keeper.showPolicy(nobody), notFound);
    assert.deepEqual(await keeper.listHidden(nobody, { after: undefined, limit: 10 }), notFound);
    assert.deepEqual(await keeper.restore(nobody, "all"), notFound);
    assert.deepEqual(await keeper.purge(nobody, "all"), notFound);
  });
}

function defaultPolicyTests(name: string, openStore: OpenStore): void {
  test(`${name}: a login's policy goes before its domain's, and that before the fleet's, each as a whole`, async (t) => {
    const { store, login, domain } = await tenancy(await openStore(t));
    const { keeper } = store;
    const holds = async (policy: MailPolicy): Promise<void> => {
      assert.deepEqual(await keeper.showPolicy(login), policy);
      const found = await store.logins.findLogin(login);
      assert.ok(found !== undefined && !isFault(found));
      assert.deepEqual(found.policy ?? {}, policy);
    };
    const fleets: MailPolicy = { retentionDays: 90, loginDelaySeconds: 5 };
    const domains: MailPolicy = { retentionDays: 60, sees: { newest: 9 } };
    await holds({});
    done(await keeper.setDefaultPolicy(undefined, fleets));
    await holds(fleets);
    done(await keeper.setDefaultPolicy(domain, domains));
    await holds(domains);
    done(await keeper.setPolicy(login, {}));
    await holds({});
    done(await keeper.setPolicy(login, { deletion: { way: "ignore" } }));
    await holds({ deletion: { way: "ignore" } });
    assert.deepEqual(await keeper.showDefaultPolicy(domain), domains);
    assert.deepEqual(await keeper.showDefaultPolicy(undefined), fleets);
    done(await keeper.setPolicy(login, undefined));
    await holds(domains);
    done(await keeper.setDefaultPolicy(domain, undefined));
    await holds(fleets);
    done(await keeper.setDefaultPolicy(undefined, undefined));
    await holds({});
    const notFound = { registryFault: "not-found", name: `x.${domain}` };
    assert.deepEqual(await keeper.setDefaultPolicy(`x.${domain}`, {}), notFound);
    assert.deepEqual(await keeper.showDefaultPolicy(`x.${domain}`), notFound);
  });

  test(`${name}: what a domain keeps is what is swept, and what is announced to all (RFC 2449 §6.7)`, async (t) => {
    const alice = await withMail(openStore(t), 2);
    const { store, login, domain } = alice;
    await aMillisecond();
    done(await store.keeper.setDefaultPolicy(domain, { retentionDays: 0 }));
    assert.equal(done(await store.keeper.bounds()).retentionDaysMin, 0);
    done(await store.keeper.setPolicy(login, { retentionDays: 1 }));
    await swept((after) => store.keeper.expire(after, LIMITS));
    assert.equal((await open(alice)).listing.opened, 2);
    done(await store.keeper.setPolicy(login, undefined));
    await swept((after) => store.keeper.expire(after, LIMITS));
    assert.equal((await open(alice)).listing.opened, 0);
    done(await store.keeper.setDefaultPolicy(domain, undefined));
  });
}

function undoTests(name: string, openStore: OpenStore): void {
  test(`${name}: undo brings a message back in its place, with its old unique-id and every octet (P4)`, async (t) => {
    const alice = await withMail(openStore(t), 4);
    const known = uniqueIds(await open(alice));
    await hide(alice, 2, 4);
    assert.deepEqual(uniqueIds(await open(alice)), [known[0], known[2]]);
    assert.equal(await alice.store.keeper.restore(alice.login, [known[1] ?? ""]), 1);
    const restored = await open(alice);
    assert.deepEqual(uniqueIds(restored), [known[0], known[1], known[2]]);
    assert.deepEqual(await readAll(restored, 2), wireOf(textOf(2)));
    assert.deepEqual(
      (await hidden(alice)).map(({ uniqueId }) => uniqueId),
      [known[3]],
    );
    assert.equal(await alice.store.keeper.restore(alice.login, "all"), 1);
    assert.deepEqual(uniqueIds(await open(alice)), known);
    assert.deepEqual(await hidden(alice), []);
  });

  test(`${name}: what is restored counts again, in octets as in messages`, async (t) => {
    const alice = await withMail(openStore(t), 3);
    const before = done(await alice.store.registry.showMaildrop(alice.login));
    await hide(alice, 1, 3);
    const meanwhile = done(await alice.store.registry.showMaildrop(alice.login));
    assert.deepEqual([meanwhile.messages, meanwhile.octets < before.octets], [1, true]);
    done(await alice.store.keeper.restore(alice.login, "all"));
    const after = done(await alice.store.registry.showMaildrop(alice.login));
    assert.deepEqual([after.messages, after.octets], [before.messages, before.octets]);
  });

  test(`${name}: the list says of each message who deleted it, when, and until when it can be restored`, async (t) => {
    const alice = await withMail(openStore(t), 3);
    const { listing } = await open(alice);
    const since = Date.now();
    await hide(alice, 1, 2, 3);
    const all = await hidden(alice);
    assert.deepEqual(
      all.map(({ uid, octets, login }) => ({ uid, octets, login })),
      numbers(1, 2, 3).map((number) => ({
        uid: listing.uidOf(number),
        octets: listing.octetsOf(number),
        login: alice.login,
      })),
    );
    for (const { hiddenAt, keepUntil, receivedAt } of all) {
      assert.equal(Math.round((keepUntil.getTime() - hiddenAt.getTime()) / dayMs), 7);
      assert.ok(Math.abs(hiddenAt.getTime() - since) < 60_000 && receivedAt <= hiddenAt);
    }
    const { keeper } = alice.store;
    const page = done(await keeper.listHidden(alice.login, { after: String(all[0]?.uid), limit: 1 }));
    assert.deepEqual(page, [all[1]]);
  });
}

/** Hidden mail and what goes on beside it. */
function besideTests(name: string, openStore: OpenStore): void {
  test(`${name}: a message that is delivered while others are hidden takes none of their unique-ids (P4)`, async (t) => {
    const alice = await withMail(openStore(t), 2);
    const known = uniqueIds(await open(alice));
    await hide(alice, 1, 2);
    await deliver(alice, textOf(3));
    const [later] = uniqueIds(await open(alice));
    assert.ok(later !== undefined && !known.includes(later));
    done(await alice.store.keeper.restore(alice.login, "all"));
    assert.deepEqual(uniqueIds(await open(alice)), [...known, later]);
  });

  test(`${name}: a session that was open before sees what is restored no more than what is delivered (P8)`, async (t) => {
    const alice = await withMail(openStore(t), 2);
    await hide(alice, 1);
    const session = await open(alice);
    done(await alice.store.keeper.restore(alice.login, "all"));
    assert.equal(session.listing.opened, 1);
    assert.deepEqual(await readAll(session, 1), wireOf(textOf(2)));
    assert.equal(await session.remove(numbers(1)), undefined);
    assert.equal((await open(alice)).listing.opened, 1);
  });
}

function purgeTests(name: string, openStore: OpenStore): void {
  test(`${name}: what was purged cannot be restored, and its unique-id does not come back (P4)`, async (t) => {
    const alice = await withMail(openStore(t), 3);
    const known = uniqueIds(await open(alice));
    await hide(alice, 1, 2, 3);
    const { keeper } = alice.store;
    const [first = "", second = ""] = known;
    assert.equal(await keeper.purge(alice.login, [first]), 1);
    assert.deepEqual(await keeper.restore(alice.login, [first]), { registryFault: "not-found", name: first });
    // All or nothing: one that is not there keeps the other where it is.
    assert.deepEqual(await keeper.restore(alice.login, [second, first]), {
      registryFault: "not-found",
      name: first,
    });
    assert.equal((await hidden(alice)).length, 2);
    assert.equal(await keeper.purge(alice.login, "all"), 2);
    assert.equal(await keeper.restore(alice.login, "all"), 0);
    await deliver(alice, textOf(4));
    const [later] = uniqueIds(await open(alice));
    assert.ok(later !== undefined && !known.includes(later));
  });

  test(`${name}: of one delivery to two recipients in a maildrop the other message stays whole`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliverTo(alice, ["john", "mary"]);
    await hide(alice, 1);
    assert.deepEqual(await readAll(await open(alice), 1), wireOf(textOf(1)));
    assert.equal(await alice.store.keeper.purge(alice.login, "all"), 1);
    assert.deepEqual(await readAll(await open(alice), 1), wireOf(textOf(1)));
    assert.equal(await (await open(alice)).remove(numbers(1)), undefined);
    assert.equal((await open(alice)).listing.opened, 0);
  });

  test(`${name}: what another login's maildrop hides is nobody else's`, async (t) => {
    const store = await openStore(t);
    const [alice, bob] = [await withMail(store, 1), await withMail(store, 1)];
    const [known = ""] = uniqueIds(await open(alice));
    await hide(alice, 1);
    assert.deepEqual(await hidden(bob), []);
    assert.equal(await store.keeper.purge(bob.login, "all"), 0);
    const notFound = { registryFault: "not-found", name: known };
    assert.deepEqual(await store.keeper.restore(bob.login, [known]), notFound);
    assert.equal(await store.keeper.restore(alice.login, "all"), 1);
  });
}

function sweepTests(name: string, openStore: OpenStore): void {
  test(`${name}: retention removes what is old enough of those that have it, and hides nothing`, async (t) => {
    const store = await openStore(t);
    const [alice, bob] = [await withMail(store, 3), await withMail(store, 3)];
    const session = await open(alice);
    // Everything that arrived a millisecond ago is older than no days.
    await aMillisecond();
    done(await store.keeper.setPolicy(alice.login, { retentionDays: 0, deletion: { way: "hide", days: 7 } }));
    done(await store.keeper.setPolicy(bob.login, { retentionDays: 1 }));
    assert.ok((await swept((after) => store.keeper.expire(after, LIMITS))) >= 3);
    assert.equal((await open(alice)).listing.opened, 0);
    assert.deepEqual(await hidden(alice), []);
    assert.equal((await open(bob)).listing.opened, 3);
    const gone = await session.read(messageNumberAt(0), "whole");
    assert.deepEqual(gone, { fault: "no-such-message" });
    for (const { login } of [alice, bob]) done(await store.keeper.setPolicy(login, {}));
  });

  test(`${name}: what is hidden stays until its time is over`, async (t) => {
    const alice = await withMail(openStore(t), 2);
    await hide(alice, 1, 2);
    await swept(() => alice.store.keeper.purgeOverdue(LIMITS));
    assert.equal((await hidden(alice)).length, 2);
    assert.equal(await alice.store.keeper.restore(alice.login, "all"), 2);
  });
}

async function aMillisecond(): Promise<void> {
  for (const since = Date.now(); Date.now() <= since + 1; ) await setImmediate();
}

const textOf = (number: number): string => `Subject: ${number}\r\n\r\n.dot ${number}\r\n`;

async function withMail(
  store: ReturnType<OpenStore> | Awaited<ReturnType<OpenStore>>,
  count: number,
): Promise<Tenancy> {
  const alice = await tenancy(await store);
  for (let number = 1; number <= count; number += 1) await deliver(alice, textOf(number));
  return alice;
}

/** Delivers one message to several recipients at once. */
async function deliverTo({ store, domain }: Tenancy, localParts: readonly string[]): Promise<void> {
  const copies = [];
  for (const localPart of localParts) {
    const resolved = await store.deliveries.resolveRecipient(`${localPart}@${domain}`);
    if (isDeliveryFault(resolved)) assert.fail(resolved.deliveryFault);
    copies.push({ resolved, traceHeader: trace });
  }
  const delivery = { reversePath: "sender@example.org", copies, content: contentOf(textOf(1)) };
  for (const outcome of await store.deliveries.deliver(delivery)) assert.equal(typeof outcome, "number");
}

/** Deletes messages, to be kept for seven days. */
async function hide(alice: Tenancy, ...which: readonly number[]): Promise<void> {
  const maildrop: OpenMaildrop = await open(alice);
  assert.equal(await maildrop.remove(numbers(...which), 7), undefined);
}

const hidden = async ({ store, login }: Tenancy): Promise<readonly HiddenMessage[]> =>
  done(await store.keeper.listHidden(login, { after: undefined, limit: 100 }));

/** Goes on until the sweep is over. @returns how many messages it took. */
async function swept(step: (after: number) => Promise<Swept | undefined | RegistryFault>): Promise<number> {
  let messages = 0;
  for (let next: number | undefined = 0; next !== undefined; ) {
    const outcome: Swept | undefined | RegistryFault = await step(next);
    if (outcome === undefined || isRegistryFault(outcome)) assert.fail(JSON.stringify(outcome));
    messages += outcome.messages;
    next = outcome.next;
  }
  return messages;
}
