import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "@poplar/maildrop";
import { messageNumberAt } from "@poplar/protocol";
import {
  deliver,
  done,
  numbers,
  type OpenStore,
  open,
  type Tenancy,
  tenancy,
  uniqueIds,
} from "./store-fixture.ts";

const ALL: Page = { after: undefined, limit: 1000 };

/**
 * What every `Registry` must do. Call it in a test file of an adapter. The store may hold other domains: each
 * test makes one of its own.
 */
export function registryConformance(name: string, openStore: OpenStore): void {
  domainTests(name, openStore);
  newLoginTests(name, openStore);
  loginTests(name, openStore);
  removalTests(name, openStore);
  addressTests(name, openStore);
  maildropTests(name, openStore);
}

const newLogin = (login: string, quotaOctets?: number) => ({
  name: login,
  passwordVerifier: "verifier",
  quotaOctets,
});

function domainTests(name: string, openStore: OpenStore): void {
  test(`${name}: a domain is made once, in lower case`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    const outcome = await store.registry.addDomain(domain.toUpperCase());
    assert.deepEqual(outcome, { registryFault: "already-exists", name: domain });
    const fresh = done(await store.registry.addDomain(`NEW.${domain}`));
    assert.equal(fresh.name, `new.${domain}`);
    assert.ok(Math.abs(fresh.createdAt.getTime() - Date.now()) < 60_000);
  });

  test(`${name}: a domain is there or not, in whatever case`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    assert.equal(done(await store.registry.hasDomain(domain.toUpperCase())), true);
    assert.equal(done(await store.registry.hasDomain(`no.${domain}`)), false);
  });

  test(`${name}: domains are listed in pages, with their logins counted`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    done(await store.registry.addDomain(`a.${domain}`));
    done(await store.registry.addLogin(newLogin(`b@${domain}`)));
    const seen: [string, number][] = [];
    for (let after: string | undefined; ; after = seen.at(-1)?.[0]) {
      const page = done(await store.registry.listDomains({ after, limit: 2 }));
      if (page.length === 0) break;
      seen.push(...page.map((entry): [string, number] => [entry.name, entry.logins]));
    }
    assert.deepEqual(
      seen.filter(([entry]) => entry.endsWith(domain)),
      [
        [`a.${domain}`, 0],
        [domain, 2],
      ],
    );
    assert.deepEqual(
      seen,
      seen.toSorted(([one], [other]) => (one < other ? -1 : 1)),
    );
  });

  test(`${name}: only a domain without logins is removed, its addresses with it`, async (t) => {
    const { store, domain, login } = await tenancy(await openStore(t));
    assert.deepEqual(await store.registry.removeDomain(domain), {
      registryFault: "not-empty",
      name: domain,
      count: 1,
    });
    done(await store.registry.removeLogin(login, "purge"));
    assert.equal(await store.registry.removeDomain(domain), undefined);
    assert.deepEqual(await store.registry.removeDomain(domain), { registryFault: "not-found", name: domain });
    assert.deepEqual(await store.deliveries.resolveRecipient(login), { deliveryFault: "unknown-recipient" });
  });
}

function newLoginTests(name: string, openStore: OpenStore): void {
  test(`${name}: a login comes with a maildrop and an address`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    const added = done(await store.registry.addLogin(newLogin(`Bob@${domain}`, 1000)));
    assert.partialDeepStrictEqual(added, {
      name: `bob@${domain}`,
      view: { kind: "whole" },
      isDisabled: false,
    });
    assert.partialDeepStrictEqual(await store.registry.showMaildrop(`BOB@${domain}`), {
      maildropId: added.maildropId,
      name: `bob@${domain}`,
      messages: 0,
      octets: 0,
      quotaOctets: 1000,
    });
    assert.partialDeepStrictEqual(await store.deliveries.resolveRecipient(`bob@${domain}`), {
      maildropId: added.maildropId,
    });
  });

  test(`${name}: a login is not made twice, over an address, or in a domain that is not ours`, async (t) => {
    const { store, domain, login } = await tenancy(await openStore(t));
    done(await store.registry.addAddress(`sales@${domain}`, login));
    for (const taken of [login, `sales@${domain}`]) {
      assert.deepEqual(await store.registry.addLogin(newLogin(taken)), {
        registryFault: "already-exists",
        name: taken,
      });
    }
    assert.deepEqual(await store.registry.addLogin(newLogin(`a@not.${domain}`)), {
      registryFault: "not-found",
      name: `not.${domain}`,
    });
    assert.equal(done(await store.registry.listLogins(domain, ALL)).length, 1);
  });

  test(`${name}: two who make the same login at once: one succeeds`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    const bob = newLogin(`bob@${domain}`);
    const both = await Promise.all([store.registry.addLogin(bob), store.registry.addLogin(bob)]);
    const failed = both.filter((outcome) => "registryFault" in outcome);
    assert.deepEqual(failed, [{ registryFault: "already-exists", name: bob.name }]);
  });
}

function loginTests(name: string, openStore: OpenStore): void {
  test(`${name}: logins are listed by domain, in pages`, async (t) => {
    const store = await openStore(t);
    const [alice, other] = [await tenancy(store), await tenancy(store)];
    for (const localPart of ["c", "b"]) {
      done(await store.registry.addLogin(newLogin(`${localPart}@${alice.domain}`)));
    }
    const first = done(
      await store.registry.listLogins(alice.domain.toUpperCase(), { after: undefined, limit: 2 }),
    );
    const rest = done(await store.registry.listLogins(alice.domain, { after: first[1]?.name, limit: 2 }));
    assert.deepEqual(
      [...first, ...rest].map((login) => login.name),
      ["alice", "b", "c"].map((localPart) => `${localPart}@${alice.domain}`),
    );
    const all = new Set(done(await store.registry.listLogins(undefined, ALL)).map((login) => login.name));
    assert.ok([alice.login, other.login].every((login) => all.has(login)));
    assert.deepEqual(await store.registry.listLogins(`no.${alice.domain}`, ALL), []);
  });

  test(`${name}: changes of a login that is not there are not found`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    const bob = `bob@${domain}`;
    const outcomes = await Promise.all([
      store.registry.setPassword(bob, "v"),
      store.registry.setDisabled(bob, true),
      store.registry.removeLogin(bob, "purge"),
      store.registry.setQuota(bob, 1),
      store.registry.showMaildrop(bob),
      store.registry.listMessages(bob, ALL),
      store.registry.addAddress(`x@${domain}`, bob),
    ]);
    for (const outcome of outcomes) assert.deepEqual(outcome, { registryFault: "not-found", name: bob });
  });
}

function removalTests(name: string, openStore: OpenStore): void {
  const hasMaildrop = async ({ store, maildropId }: Tenancy): Promise<boolean> =>
    done(await store.registry.listMaildrops({ after: String(maildropId - 1), limit: 1 })).some(
      (maildrop) => maildrop.maildropId === maildropId,
    );

  test(`${name}: a login whose maildrop has mail is not removed unless told so`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "mail\r\n");
    const outcome = await alice.store.registry.removeLogin(alice.login, "refuse-unless-empty");
    assert.deepEqual(outcome, { registryFault: "not-empty", name: alice.login, count: 1 });
    assert.equal(await (await open(alice)).remove(numbers(1)), undefined);
    assert.equal(await alice.store.registry.removeLogin(alice.login, "refuse-unless-empty"), undefined);
    assert.equal(await hasMaildrop(alice), false);
  });

  test(`${name}: a purged maildrop is gone for a session that has it open, too`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "mail\r\n");
    const maildrop = await open(alice);
    done(await alice.store.registry.removeLogin(alice.login, "purge"));
    assert.equal(await hasMaildrop(alice), false);
    assert.deepEqual(await maildrop.read(messageNumberAt(0), "whole"), { fault: "no-such-message" });
    assert.deepEqual(await maildrop.remove(numbers(1)), { fault: "lease-lost" });
  });

  test(`${name}: a maildrop that is kept keeps its mail and takes no more`, async (t) => {
    const alice = await tenancy(await openStore(t));
    await deliver(alice, "mail\r\n");
    const before = uniqueIds(await open(alice));
    done(await alice.store.registry.removeLogin(alice.login, "keep"));
    assert.deepEqual(uniqueIds(await open(alice)), before);
    assert.deepEqual(await alice.store.deliveries.resolveRecipient(alice.login), {
      deliveryFault: "unknown-recipient",
    });
  });
}

function addressTests(name: string, openStore: OpenStore): void {
  test(`${name}: an address leads to a maildrop until it is removed`, async (t) => {
    const { store, domain, login, maildropId } = await tenancy(await openStore(t));
    done(await store.registry.removeAddress(`*@${domain}`));
    const sales = `sales@${domain}`;
    assert.equal(await store.registry.addAddress(`Sales@${domain}`, login), undefined);
    assert.deepEqual(await store.registry.addAddress(sales, login), {
      registryFault: "already-exists",
      name: sales,
    });
    assert.deepEqual(await store.deliveries.resolveRecipient(sales), { recipient: sales, maildropId });
    assert.equal(await store.registry.removeAddress(sales), undefined);
    assert.deepEqual(await store.registry.removeAddress(sales), { registryFault: "not-found", name: sales });
    assert.deepEqual(await store.deliveries.resolveRecipient(sales), { deliveryFault: "unknown-recipient" });
  });

  test(`${name}: an address in a domain that is not ours is refused`, async (t) => {
    const { store, domain, login } = await tenancy(await openStore(t));
    const missing = { registryFault: "not-found", name: `not.${domain}` };
    assert.deepEqual(await store.registry.addAddress(`x@not.${domain}`, login), missing);
    assert.deepEqual(await store.registry.removeAddress(`x@not.${domain}`), missing);
  });
}

function maildropTests(name: string, openStore: OpenStore): void {
  test(`${name}: messages are listed in pages, with the unique-ids that clients see`, async (t) => {
    const alice = await tenancy(await openStore(t));
    for (const text of ["one", "two", "three"]) await deliver(alice, `${text}\r\n`, "john");
    const { registry } = alice.store;
    const first = done(await registry.listMessages(alice.login, { after: undefined, limit: 2 }));
    const rest = done(await registry.listMessages(alice.login, { after: String(first[1]?.uid), limit: 2 }));
    const listed = [...first, ...rest];
    const maildrop = await open(alice);
    assert.deepEqual(
      listed.map((message) => message.uniqueId),
      uniqueIds(maildrop),
    );
    const octets = listed.reduce((sum, message) => sum + message.octets, 0);
    assert.deepEqual(maildrop.listing.dropListing, { messages: 3, octets });
    for (const message of listed) {
      assert.equal(message.recipient, `john@${alice.domain}`);
      assert.equal(message.reversePath, "sender@example.org");
      assert.ok(Math.abs(message.receivedAt.getTime() - Date.now()) < 60_000);
    }
  });

  test(`${name}: a quota is set and taken away`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    done(await store.registry.setQuota(login, 5 * 2 ** 40));
    assert.equal(done(await store.registry.showMaildrop(login)).quotaOctets, 5 * 2 ** 40);
    done(await store.registry.setQuota(login, undefined));
    assert.equal(done(await store.registry.showMaildrop(login)).quotaOctets, undefined);
  });
}
