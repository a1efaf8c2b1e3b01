import assert from "node:assert/strict";
import { test } from "node:test";
import { type Login, WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import type { StorePorts } from "../memory-store.ts";
import { done, type OpenStore, tenancy } from "./store-fixture.ts";

/** What every `LoginDirectory` must do, with logins that the `Registry` beside it has made. */
export function loginDirectoryConformance(name: string, openStore: OpenStore): void {
  test(`${name}: a login is found by its name, with what it opens and its credential`, async (t) => {
    const { store, login, maildropId } = await tenancy(await openStore(t));
    const found = await find(store, login);
    assert.partialDeepStrictEqual(found, { name: login, maildropId, view: WHOLE, isDisabled: false });
    assert.partialDeepStrictEqual(found.credentials, [{ kind: "password", verifier: "verifier" }]);
    assert.equal(found.credentials.length, 1);
    assert.deepEqual(await find(store, login.toUpperCase()), found);
  });

  test(`${name}: a name that nobody has is not found, whatever octets it has`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    const names = [`bob@${domain}`, "", "alice", `*@${domain}`, "a\0b", "é\ud800'; --", "x".repeat(10_000)];
    for (const unknown of names) assert.equal(await store.logins.findLogin(unknown), undefined);
  });

  test(`${name}: each change of a login or its password grows its version`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const made = await find(store, login);
    done(await store.registry.setPassword(login, "another"));
    const changed = await find(store, login);
    assert.ok(changed.version > made.version);
    assert.deepEqual(
      changed.credentials.map((credential) => credential.verifier),
      ["another"],
    );
    assert.notEqual(changed.credentials[0]?.credentialId, made.credentials[0]?.credentialId);
    done(await store.registry.setDisabled(login, true));
    const disabled = await find(store, login);
    assert.ok(disabled.isDisabled && disabled.version > changed.version);
  });

  test(`${name}: a login that was removed is not found; made again it is another one`, async (t) => {
    const { store, login, maildropId } = await tenancy(await openStore(t));
    const made = await find(store, login);
    done(await store.registry.removeLogin(login, "purge"));
    assert.equal(await store.logins.findLogin(login), undefined);
    done(await store.registry.addLogin({ name: login, passwordVerifier: "v", quotaOctets: undefined }));
    const again = await find(store, login);
    assert.notEqual(again.loginId, made.loginId);
    assert.notEqual(again.maildropId, maildropId);
  });
}

async function find(store: StorePorts, name: string): Promise<Login> {
  const found = await store.logins.findLogin(name);
  if (found === undefined || isFault(found)) assert.fail(`no ${name}`);
  return found;
}
