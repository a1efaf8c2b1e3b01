import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isFault } from "@poplar/protocol";
import { openStorage } from "./open-storage.ts";
import { deafEvents, silentLog, withPostgres } from "./testing.ts";

const database = await withPostgres({ after });
const openWith = async (keptLoginOctetsMax: number) => {
  const limits = { keptLoginOctetsMax };
  const storage = await openStorage({ connection: database.url, log: silentLog, events: deafEvents, limits });
  after(() => storage.close());
  return storage;
};
const remembering = await openWith(1_000_000);
const forgetful = await openWith(0);
const name = "john@vision25.demon.test";
await remembering.registry.addDomain("demon.test");
await remembering.registry.addDomain("vision25.demon.test");
const host = { name: "vision25.demon.test", passwordVerifier: "host", quotaOctets: undefined };
await remembering.credentials.addHost(host);
await remembering.credentials.addHostView({ name, credentials: [{ kind: "password", verifier: "john" }] });

// By hand, as an operator in need would, past all the code that might remember to tell.
const changes = [
  "update login set is_disabled = true where name = 'john@vision25.demon.test'",
  "update login set is_disabled = false",
  "update login set is_disabled = true where name = 'vision25.demon.test'",
  "update login set is_disabled = false where name = 'vision25.demon.test'",
  "update login set mechanisms = '{PLAIN}', networks = '{10.0.0.0/8}', requires_tls = true",
  "update login set retention_days = 30, sees_newest = 10",
  "update credential set verifier = 'changed' where verifier = 'john'",
  "update credential set verifier = 'changed, too' where verifier = 'host'",
  "update credential set label = 'phone', scopes = '{pop}', networks = '{192.0.2.0/24}'",
  "insert into credential (login_id, kind, verifier) select login_id, 'totp', 'sealed' from login",
  "delete from credential where kind = 'totp'",
  "update credential set expires_at = now() + interval '1 hour'",
  "update login set has_policy = false",
  "insert into default_policy (domain_id, sees_days) values (null, 7)",
  "insert into default_policy (domain_id, sees_days) select domain_id, 3 from domain",
  "update default_policy set sees_days = 4 where domain_id is not null",
  "delete from default_policy",
  "update tenant set name = 'renamed'",
  "insert into tenant (name) values ('another')",
  "update domain set tenant_id = (select tenant_id from tenant where name = 'another')",
];

test("what is remembered of a login is never what somebody has changed meanwhile, not even by hand", async () => {
  const before = await remembering.logins.findLogin(name);
  assert(before !== undefined && !isFault(before));
  assert.equal(await remembering.logins.findLogin(name), before, "it is remembered");
  for (const change of changes) {
    await database.query(change);
    const found = await remembering.logins.findLogin(name);
    assert.deepEqual(found, await forgetful.logins.findLogin(name), change);
    assert.equal(await remembering.logins.findLogin(name), found, `remembered again after: ${change}`);
  }
});

test("using a credential makes nobody forget it", async () => {
  const before = await remembering.logins.findLogin(name);
  await database.query("update credential set last_used_at = now(), last_step = 7");
  assert.equal(await remembering.logins.findLogin(name), before);
});

test("a credential that has expired is not remembered", async () => {
  await database.query(
    "update credential set expires_at = now() + interval '1 second' where verifier = 'changed'",
  );
  const verifiers = async (): Promise<readonly string[]> => {
    const login = await remembering.logins.findLogin(name);
    return login === undefined || isFault(login) ? [] : login.credentials.map(({ verifier }) => verifier);
  };
  assert.deepEqual((await verifiers()).toSorted(), ["changed", "changed, too"]);
  while ((await verifiers()).length > 1) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(await verifiers(), ["changed, too"]);
});

test("the first of several names counts also when it comes to be later, and a removed login is gone", async () => {
  const names = ["first@demon.test", "second@demon.test"];
  const nameFound = async (): Promise<string | undefined> => {
    const login = await remembering.logins.findFirstLogin(names);
    return login === undefined || isFault(login) ? undefined : login.name;
  };
  const add = async (made: string): Promise<void> =>
    void (await remembering.registry.addLogin({ name: made, passwordVerifier: "v", quotaOctets: undefined }));
  assert.equal(await nameFound(), undefined);
  await add("second@demon.test");
  assert.equal(await nameFound(), "second@demon.test");
  await add("first@demon.test");
  assert.equal(await nameFound(), "first@demon.test");
  await remembering.registry.removeLogin("first@demon.test", "purge");
  assert.equal(await nameFound(), "second@demon.test");
});
