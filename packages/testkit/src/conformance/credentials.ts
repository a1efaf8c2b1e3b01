import assert from "node:assert/strict";
import { test } from "node:test";
import { CREDENTIALS_MAX, type Login } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import type { StorePorts } from "../memory-store.ts";
import { done, type OpenStore, tenancy } from "./store-fixture.ts";

const all = { after: undefined, limit: 1000 };

/** What every `CredentialRegistry` must do, and the `CredentialDirectory` beside it must then know. */
export function credentialsConformance(name: string, openStore: OpenStore): void {
  hostConformance(name, openStore);
  boundConformance(name, openStore);
  verifierConformance(name, openStore);
  useConformance(name, openStore);
  vouchedConformance(name, openStore);
  manyConformance(name, openStore);

  test(`${name}: what is made from a password goes with it, what has a label or another origin stays`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    for (const label of [undefined, "second"]) {
      const extra = label === undefined ? {} : { label };
      if (label !== undefined)
        done(await store.credentials.addCredential(login, { kind: "password", verifier: "p2", ...extra }));
      done(await store.credentials.addCredential(login, { kind: "shared-secret", verifier: "s", ...extra }));
    }
    done(
      await store.credentials.addCredential(login, { kind: "app-password", verifier: "a", label: "phone" }),
    );
    const counts = done(
      await store.registry.setPassword(login, "new", [{ kind: "scram-sha-1", verifier: "scram" }]),
    );
    assert.deepEqual(counts, { revokedAppPasswords: 0, keptAppPasswords: 1 });
    const kept = (await find(store, login)).credentials.map(({ kind, verifier }) => `${kind} ${verifier}`);
    assert.deepEqual(kept.toSorted(), [
      "app-password a",
      "password new",
      "password p2",
      "scram-sha-1 scram",
      "shared-secret s",
    ]);
    const without = done(await store.registry.setPassword(login, "newer", [], { revokesAppPasswords: true }));
    assert.deepEqual(without, { revokedAppPasswords: 1, keptAppPasswords: 0 });
    const { credentials } = await find(store, login);
    assert.ok(credentials.every(({ kind }) => kind !== "app-password"));
  });

  test(`${name}: a credential carries its label, scopes, networks and expiry, and ends with it`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const expiresAt = new Date(Date.now() + 3_600_000);
    const credential = {
      kind: "app-password",
      verifier: "a",
      label: "phone",
      scopes: ["pop"],
      networks: ["192.0.2.0/24", "2001:db8::/32"],
      expiresAt,
    } as const;
    const before = await find(store, login);
    const added = done(await store.credentials.addCredential(login, credential));
    const after = await find(store, login);
    assert.deepEqual(after.credentials.at(-1), { ...credential, credentialId: added.credentialId });
    assert.ok(after.version > before.version);
    const expired = { ...credential, label: "old", expiresAt: new Date(Date.now() - 1000) };
    done(await store.credentials.addCredential(login, expired));
    assert.equal((await find(store, login)).credentials.length, after.credentials.length);
    assert.deepEqual(
      done(await store.credentials.listCredentials(login, all)).map(({ label }) => label),
      [undefined, "phone", "old"],
    );
    const [first] = done(await store.credentials.listCredentials(login, { after: undefined, limit: 1 }));
    const page = { after: String(first?.credentialId), limit: 1 };
    const [second, ...more] = done(await store.credentials.listCredentials(login, page));
    assert.deepEqual([first?.label, second?.label, more], [undefined, "phone", []]);
  });
}

/** What a login can have. */
function boundConformance(name: string, openStore: OpenStore): void {
  test(`${name}: a login has at most ${CREDENTIALS_MAX} credentials, and another one when one has gone`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const app = (label: string) => ({ kind: "app-password", verifier: label, label }) as const;
    for (let count = 1; count < CREDENTIALS_MAX; count += 1) {
      done(await store.credentials.addCredential(login, app(`n${count}`)));
    }
    assert.deepEqual(await store.credentials.addCredential(login, app("more")), {
      registryFault: "too-many",
      name: login,
      max: CREDENTIALS_MAX,
    });
    done(await store.credentials.removeCredentials(login, ["app-password"], "n1"));
    done(await store.credentials.addCredential(login, app("more")));
  });
}

/** What a login does to its verifiers. */
function verifierConformance(name: string, openStore: OpenStore): void {
  test(`${name}: a verifier is replaced only as long as it is what it was, and no version grows`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const { version, credentials } = await find(store, login);
    const credentialId = credentials[0]?.credentialId ?? 0;
    assert.equal(await store.logins.replaceVerifier(credentialId, "verifier", "better"), true);
    assert.equal(await store.logins.replaceVerifier(credentialId, "verifier", "worse"), false);
    const after = await find(store, login);
    assert.deepEqual([after.credentials[0]?.verifier, after.version], ["better", version]);
  });

  test(`${name}: beside a verifier that is replaced others are made, where there are none of their kind`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const credentialId = (await find(store, login)).credentials[0]?.credentialId ?? 0;
    const others = [
      { kind: "scram-sha-1", verifier: "one" },
      { kind: "scram-sha-256", verifier: "other" },
    ] as const;
    assert.equal(
      await store.logins.replaceVerifier(credentialId, "nothing like it", "better", others),
      false,
    );
    assert.equal((await find(store, login)).credentials.length, 1);
    done(await store.credentials.addCredential(login, { kind: "scram-sha-1", verifier: "here before" }));
    assert.equal(await store.logins.replaceVerifier(credentialId, "verifier", "better", others), true);
    const { credentials } = await find(store, login);
    assert.deepEqual(credentials.map(({ verifier }) => verifier).toSorted(), [
      "better",
      "here before",
      "other",
    ]);
  });
}

/** What a login does to its credentials, and what keeps it out. */
function useConformance(name: string, openStore: OpenStore): void {
  test(`${name}: a time step is taken once, however many ask at once (RFC 6238 §5.2)`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const totp = done(await store.credentials.addCredential(login, { kind: "totp", verifier: "sealed" }));
    const claims = await Promise.all(
      Array.from({ length: 5 }, async () => store.logins.claimStep(totp.credentialId, 100)),
    );
    assert.equal(claims.filter((isFirst) => isFirst === true).length, 1);
    assert.equal(await store.logins.claimStep(totp.credentialId, 99), false);
    assert.equal(await store.logins.claimStep(totp.credentialId, 101), true);
  });

  test(`${name}: the code that a credential was made with is used up by it (RFC 6238 §5.2)`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const confirmed = { kind: "totp", verifier: "sealed", lastStep: 100 } as const;
    const { credentialId } = done(await store.credentials.addCredential(login, confirmed));
    assert.equal(await store.logins.claimStep(credentialId, 100), false);
    assert.equal(await store.logins.claimStep(credentialId, 101), true);
  });

  test(`${name}: the last use of a credential is told, and what is not there cannot be removed`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const app = { kind: "app-password", verifier: "a", label: "phone" } as const;
    const { credentialId } = done(await store.credentials.addCredential(login, app));
    const at = new Date("2026-01-02T03:04:05Z");
    assert.equal(await store.logins.recordUse(credentialId, at), undefined);
    assert.deepEqual(done(await store.credentials.listCredentials(login, all)).at(-1)?.lastUsedAt, at);
    done(await store.credentials.removeCredentials(login, ["app-password"], "phone"));
    assert.partialDeepStrictEqual(
      await store.credentials.removeCredentials(login, ["app-password"], "phone"),
      {
        registryFault: "not-found",
      },
    );
  });

  test(`${name}: restrictions of a login are there until they are taken away`, async (t) => {
    const { store, login } = await tenancy(await openStore(t));
    const restrictions = { mechanisms: ["PLAIN"], networks: ["192.0.2.0/24"], requiresTls: true };
    done(await store.credentials.setRestrictions(login, restrictions));
    assert.deepEqual((await find(store, login)).restrictions, restrictions);
    done(await store.credentials.setRestrictions(login, {}));
    const { restrictions: none = {} } = await find(store, login);
    assert.deepEqual(
      [none.mechanisms, none.networks, none.requiresTls ?? false],
      [undefined, undefined, false],
    );
  });
}

/** Many logins at once. */
function manyConformance(name: string, openStore: OpenStore): void {
  test(`${name}: of many logins those that can be are made, and of the others each is told why`, async (t) => {
    const { store, domain, login } = await tenancy(await openStore(t));
    done(await store.registry.addAddress(`sales@${domain}`, login));
    const restrictions = { networks: ["192.0.2.0/24"], requiresTls: false };
    const named = (local: string, change = {}) => ({
      name: `${local}@${domain}`,
      passwordVerifier: `hash of ${local}`,
      quotaOctets: 1000,
      ...change,
    });
    const outcomes = done(
      await store.registry.addLogins([
        named("Bob", {
          credentials: [{ kind: "shared-secret", verifier: "s" }],
          restrictions,
          isDisabled: true,
        }),
        named("alice"),
        named("sales"),
        named("bob"),
        { ...named("x"), name: "x@nowhere.test" },
        named("carol"),
      ]),
    );
    assert.deepEqual(
      outcomes.map((outcome) => ("registryFault" in outcome ? outcome.registryFault : outcome.name)),
      [`bob@${domain}`, "already-exists", "already-exists", "already-exists", "not-found", `carol@${domain}`],
    );
    const bob = await find(store, `bob@${domain}`);
    assert.deepEqual([bob.isDisabled, bob.restrictions], [true, restrictions]);
    assert.deepEqual(
      bob.credentials.map(({ kind, verifier }) => `${kind} ${verifier}`),
      ["password hash of Bob", "shared-secret s"],
    );
    const carol = await find(store, `carol@${domain}`);
    assert.deepEqual(await store.deliveries.resolveRecipient(carol.name), {
      recipient: carol.name,
      maildropId: carol.maildropId,
    });
    assert.equal(done(await store.registry.showMaildrop(carol.name)).quotaOctets, 1000);
    assert.deepEqual(done(await store.registry.addLogins([])), []);
  });
}

/** Names by which somebody else vouches for a login. */
function vouchedConformance(name: string, openStore: OpenStore): void {
  test(`${name}: a kind has a label once, and one login has a principal`, async (t) => {
    const { store, login, domain } = await tenancy(await openStore(t));
    const principal = { kind: "kerberos-principal", verifier: `alice@${domain.toUpperCase()}` } as const;
    done(
      await store.registry.addLogin({ name: `bob@${domain}`, passwordVerifier: "v", quotaOctets: undefined }),
    );
    done(await store.credentials.addCredential(login, principal));
    for (const [who, credential] of [
      [`bob@${domain}`, principal],
      [login, { kind: "password", verifier: "other" }],
    ] as const) {
      assert.partialDeepStrictEqual(await store.credentials.addCredential(who, credential), {
        registryFault: "already-exists",
      });
    }
    const found = await store.logins.findByCredential("kerberos-principal", ["nobody", principal.verifier]);
    assert.partialDeepStrictEqual(found, { name: login });
    assert.equal(await store.logins.findByCredential("oauth-subject", [principal.verifier]), undefined);
    const [, listed] = done(await store.credentials.listCredentials(login, all));
    assert.equal(listed?.subject, principal.verifier);
    done(await store.credentials.removeSubject(login, "kerberos-principal", principal.verifier));
    assert.equal(await store.logins.findByCredential("kerberos-principal", [principal.verifier]), undefined);
  });
}

/** SDPS: hosts and their local parts. */
function hostConformance(name: string, openStore: OpenStore): void {
  const host = { passwordVerifier: "host", quotaOctets: undefined };

  test(`${name}: a host gets a login, a domain, a maildrop, and the mail of all its local parts`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    const made = done(await store.credentials.addHost({ ...host, name: `vision25.${domain}` }));
    assert.deepEqual(await store.deliveries.resolveRecipient(`anybody@Vision25.${domain}`), {
      recipient: `anybody@Vision25.${domain}`,
      maildropId: made.maildropId,
    });
    assert.partialDeepStrictEqual(await find(store, `vision25.${domain}`), { view: { kind: "whole" } });
    assert.partialDeepStrictEqual(await store.credentials.addHost({ ...host, name: `vision25.${domain}` }), {
      registryFault: "already-exists",
    });
  });

  test(`${name}: a view of a host has the host's passwords, is shut and restricted with it, and goes with it`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    const hostName = `vision25.${domain}`;
    const john = `john@${hostName}`;
    done(await store.credentials.addHost({ ...host, name: hostName }));
    const own = { kind: "password", verifier: "own" } as const;
    done(await store.credentials.addHostView({ name: john, credentials: [own] }));
    const view = await find(store, john);
    assert.deepEqual(view.view, { kind: "local-part", localPart: "john" });
    assert.deepEqual(
      view.credentials.map(({ verifier }) => verifier),
      ["host", "own"],
    );
    done(await store.registry.setPassword(hostName, "another"));
    const changed = await find(store, john);
    assert.ok(changed.version > view.version);
    assert.ok(changed.credentials.some(({ verifier }) => verifier === "another"));
    done(await store.credentials.setRestrictions(hostName, { mechanisms: ["PLAIN"], requiresTls: true }));
    const { restrictions } = await find(store, john);
    assert.deepEqual([restrictions?.mechanisms, restrictions?.requiresTls], [["PLAIN"], true]);
    done(await store.registry.setDisabled(hostName, true));
    assert.equal((await find(store, john)).isDisabled, true);
    done(await store.registry.removeLogin(hostName, "purge"));
    assert.equal(await store.logins.findLogin(john), undefined);
  });

  test(`${name}: of several names the first that is a login is found`, async (t) => {
    const { store, domain, login } = await tenancy(await openStore(t));
    done(await store.credentials.addHost({ ...host, name: `vision25.${domain}` }));
    const names = [`john@vision25.${domain}`, `vision25.${domain}`, login];
    assert.partialDeepStrictEqual(await store.logins.findFirstLogin(names), { name: `vision25.${domain}` });
    assert.partialDeepStrictEqual(await store.logins.findFirstLogin(names.toReversed()), { name: login });
    assert.equal(await store.logins.findFirstLogin(["nobody@x.test", "a\0b"]), undefined);
    assert.equal(await store.logins.findFirstLogin([]), undefined);
  });

  test(`${name}: a view needs a host`, async (t) => {
    const { store, domain } = await tenancy(await openStore(t));
    const orphan = { name: `john@${domain}`, credentials: [] };
    assert.partialDeepStrictEqual(await store.credentials.addHostView(orphan), {
      registryFault: "not-found",
    });
  });
}

async function find(store: StorePorts, name: string): Promise<Login> {
  const found = await store.logins.findLogin(name);
  if (found === undefined || isFault(found)) assert.fail(`no ${name}`);
  return found;
}
