import assert from "node:assert/strict";
import { test } from "node:test";
import { done, type OpenStore, tenancy } from "./store-fixture.ts";

/** What every `RetrievalMarks` must do. */
export function retrievalMarksConformance(name: string, openStore: OpenStore): void {
  test(`${name}: a login that has retrieved nothing has no mark, and neither has one that does not exist`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    assert.equal(await store.marks.read(login), 0);
    assert.equal(await store.marks.write(`nobody.${login}`, 7), undefined);
    assert.equal(await store.marks.read(`nobody.${login}`), 0);
  });

  test(`${name}: a mark is kept for each login, and never goes back (RFC 1460 §5)`, async (t) => {
    const [alice, other] = [await tenancy(await openStore(t)), await tenancy(await openStore(t))];
    const { marks } = alice.store;
    for (const uid of [3, 5, 4]) assert.equal(await marks.write(alice.login, uid), undefined);
    assert.equal(await marks.read(alice.login), 5);
    assert.equal(await marks.read(other.login), 0);
  });

  test(`${name}: another login of the same name begins anew`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    await store.marks.write(login, 9);
    done(await store.registry.removeLogin(login, "purge"));
    done(await store.registry.addLogin({ name: login, passwordVerifier: "v", quotaOctets: undefined }));
    assert.equal(await store.marks.read(login), 0);
  });
}
