import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isRegistryFault, type MailPolicy, type OpenMaildrop, openMaildrop, WHOLE } from "@poplar/maildrop";
import { isFault, messageNumberAt } from "@poplar/protocol";
import { openStorage } from "./open-storage.ts";
import { deafEvents, silentLog, withPostgres } from "./testing.ts";

const database = await withPostgres({ after });
const storage = await openStorage({ connection: database.url, log: silentLog, events: deafEvents });
after(() => storage.close());
await storage.registry.addDomain("example.test");
const { keeper } = storage;

const LIMITS = { messagesMax: 100, loginsMax: 10 };

/** Leases that are always free: what is tested here is behind them. */
const leases = {
  acquire: async () => ({ release: async () => {} }),
  holders: async () => [],
  breakLeases: async () => 0,
  askHolders: async () => {},
  onBroken: () => {},
  onAsked: () => {},
  close: async () => {},
};

let accounts = 0;

interface Account {
  readonly name: string;
  readonly maildropId: number;
}

async function account(policy: MailPolicy = {}): Promise<Account> {
  accounts += 1;
  const name = `login${accounts}@example.test`;
  const made = await storage.registry.addLogin({ name, passwordVerifier: "v", quotaOctets: undefined });
  assert.ok("maildropId" in made);
  assert.equal(await keeper.setPolicy(name, policy), undefined);
  return { name, maildropId: made.maildropId };
}

async function deliver({ name, maildropId }: Account, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    const octets = Buffer.from(`Subject: ${left}\r\n\r\nbody\r\n`);
    const outcomes = await storage.deliveries.deliver({
      reversePath: "",
      copies: [{ resolved: { recipient: name, maildropId }, traceHeader: Buffer.from("X: 1\r\n") }],
      content: {
        octets: octets.length,
        wireOctets: octets.length,
        headerWireOctets: 14,
        slices: () => [octets],
      },
    });
    assert.equal(typeof outcomes[0], "number");
  }
}

async function open({ name, maildropId }: Account): Promise<OpenMaildrop> {
  const login = await storage.logins.findLogin(name);
  assert.ok(login !== undefined && !isFault(login));
  const { policy } = login;
  const holder = { sessionId: "the-session", login: name, address: "192.0.2.1" };
  const entered = { login: name, maildropId, view: WHOLE, mechanism: "USER", ...(policy && { policy }) };
  const owned = await openMaildrop({ leases, maildrops: storage.maildrops }, entered, holder);
  if (isFault(owned)) assert.fail(owned.fault);
  return owned.maildrop;
}

const uniqueIds = ({ listing }: OpenMaildrop): readonly string[] =>
  Array.from({ length: listing.opened }, (_, index) => listing.uniqueIdOf(messageNumberAt(index)));

const age = async ({ maildropId }: Account, days: number, upToUid = 1_000_000): Promise<unknown> =>
  database.query(
    "update message set received_at = now() - $2 * interval '1 day' where maildrop_id = $1 and uid <= $3",
    [maildropId, days, upToUid],
  );

async function sweep(step: (after: number) => ReturnType<typeof keeper.expire>): Promise<number> {
  let messages = 0;
  for (let next: number | undefined = 0; next !== undefined; ) {
    const swept = await step(next);
    assert.ok(swept !== undefined && !isRegistryFault(swept));
    messages += swept.messages;
    next = swept.next;
  }
  return messages;
}

const expire = async (): Promise<number> => sweep((next) => keeper.expire(next, LIMITS));
const purgeOverdue = async (): Promise<number> => sweep(() => keeper.purgeOverdue(LIMITS));

test("a policy is kept as it was given, and stands in the login at its next look-up", async () => {
  const policy: MailPolicy = {
    retentionDays: 30,
    loginDelaySeconds: 60,
    sees: { newest: 100 },
    deletion: { way: "hide", days: 7 },
  };
  const alice = await account(policy);
  assert.deepEqual(await keeper.showPolicy(alice.name), policy);
  const login = await storage.logins.findLogin(alice.name);
  assert.ok(login !== undefined && !isFault(login));
  assert.deepEqual(login.policy, policy);
  await keeper.setPolicy(alice.name, {});
  assert.deepEqual(await keeper.showPolicy(alice.name), {});
  assert.deepEqual(await keeper.setPolicy("nobody@example.test", {}), {
    registryFault: "not-found",
    name: "nobody@example.test",
  });
});

test("what is announced to those who have not logged in is true of everybody (RFC 2449 §6.5, §6.7)", async () => {
  assert.deepEqual(await keeper.bounds(), { retentionDaysMin: undefined, loginDelaySecondsMax: 0 });
  const one = await account({ retentionDays: 30, loginDelaySeconds: 10 });
  const other = await account({ retentionDays: 7, loginDelaySeconds: 5 });
  assert.deepEqual(await keeper.bounds(), { retentionDaysMin: 7, loginDelaySecondsMax: 10 });
  for (const each of [one, other]) await keeper.setPolicy(each.name, {});
});

test("retention removes what is old enough, leaves a tombstone for each message and an audit entry", async () => {
  const alice = await account({ retentionDays: 30 });
  const bob = await account();
  for (const each of [alice, bob]) {
    await deliver(each, 5);
    await age(each, 31, 3);
  }
  assert.equal(await expire(), 3);
  assert.equal((await open(alice)).listing.opened, 2);
  assert.equal((await open(bob)).listing.opened, 5);
  const tombstones = await database.query("select uid from tombstone where maildrop_id = $1 order by uid", [
    alice.maildropId,
  ]);
  assert.deepEqual(
    tombstones.map(({ uid }) => uid),
    [1, 2, 3],
  );
  const bodies = await database.query("select count(*)::int as n from body where maildrop_id = $1", [
    alice.maildropId,
  ]);
  assert.deepEqual(bodies, [{ n: 2 }]);
  const audit = await storage.audit.search(
    { subject: alice.name, action: "expire-messages" },
    { after: undefined, limit: 10 },
  );
  assert.ok(!isRegistryFault(audit));
  assert.equal(audit.length, 1);
});

test("retention of many messages goes in steps that each remove as many as was said", async () => {
  const many = await Promise.all(Array.from({ length: 12 }, () => account({ retentionDays: 1 })));
  for (const each of many) {
    await deliver(each, 4);
    await age(each, 2);
  }
  const steps: number[] = [];
  const removed = await sweep(async (next) => {
    const swept = await keeper.expire(next, { messagesMax: 10, loginsMax: 5 });
    if (swept !== undefined && !isRegistryFault(swept)) steps.push(swept.messages);
    return swept;
  });
  assert.equal(removed, 48);
  assert.ok(steps.length >= 5 && steps.every((messages) => messages <= 10), String(steps));
});

test("a client may delete what retention has removed under its hands: it is gone, as it wished", async () => {
  const alice = await account({ retentionDays: 1 });
  await deliver(alice, 3);
  await age(alice, 2, 1);
  const maildrop = await open(alice);
  assert.equal(await expire(), 1);
  const gone = await maildrop.read(messageNumberAt(0), "whole");
  assert.deepEqual(gone, { fault: "no-such-message" });
  assert.equal(await maildrop.remove([messageNumberAt(0), messageNumberAt(1)]), undefined);
  assert.equal((await open(alice)).listing.opened, 1);
});

test("while one process sweeps, another does not", async () => {
  await database.query("create table if not exists held (n int)");
  const held = database.query("begin; select pg_advisory_xact_lock(7366000001); select pg_sleep(1); commit");
  for (;;) {
    const locks = await database.query("select from pg_locks where locktype = 'advisory' and granted");
    if (locks.length > 0) break;
  }
  assert.equal(await keeper.expire(0, LIMITS), undefined);
  await held;
});

test("deleted mail that is hidden comes back with its unique-id and its content, and is not shown meanwhile", async () => {
  const alice = await account({ deletion: { way: "hide", days: 7 } });
  await deliver(alice, 3);
  const before = await open(alice);
  const known = uniqueIds(before);
  assert.equal(await before.remove([messageNumberAt(1)]), undefined);
  assert.deepEqual(uniqueIds(await open(alice)), [known[0], known[2]]);

  const hidden = await keeper.listHidden(alice.name, { after: undefined, limit: 10 });
  assert.ok(!isRegistryFault(hidden));
  assert.deepEqual(
    hidden.map(({ uniqueId, login, sessionId }) => ({ uniqueId, login, sessionId })),
    [{ uniqueId: known[1], login: alice.name, sessionId: "the-session" }],
  );
  assert.equal(await purgeOverdue(), 0);
  assert.equal(await keeper.restore(alice.name, [known[1] ?? ""]), 1);
  const restored = await open(alice);
  assert.deepEqual(uniqueIds(restored), known);
  const reader = await restored.read(messageNumberAt(1), "whole");
  assert.ok(!isFault(reader));
  const window = await reader.next();
  assert.ok(window !== undefined && !isFault(window));
  assert.match(Buffer.from(window).toString(), /Subject: 2\r\n/);
});

test("hidden mail is removed for good when its time is over, or an operator says so; no unique-id comes twice", async () => {
  const alice = await account({ deletion: { way: "hide", days: 7 } });
  await deliver(alice, 3);
  const first = await open(alice);
  const known = uniqueIds(first);
  await first.remove([messageNumberAt(0), messageNumberAt(1), messageNumberAt(2)]);
  assert.equal(await keeper.purge(alice.name, [known[2] ?? ""]), 1);
  await database.query("update hidden_message set keep_until = now() - interval '1 s' where uid = 1");
  assert.equal(await purgeOverdue(), 1);
  assert.equal(await keeper.restore(alice.name, "all"), 1);
  await deliver(alice, 1);
  const now = uniqueIds(await open(alice));
  assert.equal(now[0], known[1]);
  assert.ok(!known.includes(now[1] ?? ""));
  assert.deepEqual(await keeper.restore(alice.name, [known[2] ?? ""]), {
    registryFault: "not-found",
    name: known[2],
  });
});

test("a body stays while its message is hidden, and is freed when that is purged, or its time is over", async () => {
  const alice = await account({ deletion: { way: "hide", days: 7 } });
  await deliver(alice, 3);
  const bodies = async (): Promise<unknown> =>
    (
      await database.query("select count(*)::int as n from body where maildrop_id = $1", [alice.maildropId])
    )[0]?.["n"];
  const first = await open(alice);
  const known = uniqueIds(first);
  await first.remove([messageNumberAt(0), messageNumberAt(1), messageNumberAt(2)]);
  assert.equal(await bodies(), 3);
  await keeper.restore(alice.name, [known[0] ?? ""]);
  await keeper.purge(alice.name, [known[1] ?? ""]);
  assert.equal(await bodies(), 2);
  await database.query(
    "update hidden_message set keep_until = now() - interval '1 s' where maildrop_id = $1",
    [alice.maildropId],
  );
  assert.equal(await purgeOverdue(), 1);
  assert.equal(await bodies(), 1);
  await keeper.setPolicy(alice.name, {});
  assert.equal(await (await open(alice)).remove([messageNumberAt(0)]), undefined);
  assert.equal(await bodies(), 0);
});

test("a policy that shows the newest, or the last days, numbers them from 1 and deletes the right ones", async () => {
  const alice = await account({ sees: { newest: 2 } });
  await deliver(alice, 5);
  const all = await open(await account());
  assert.equal(all.listing.opened, 0);
  const newest = await open(alice);
  assert.deepEqual(
    [1, 2].map((number) => newest.listing.uidOf(messageNumberAt(number - 1))),
    [4, 5],
  );
  assert.equal(await newest.remove([messageNumberAt(0)]), undefined);
  await keeper.setPolicy(alice.name, { sees: { days: 3 } });
  await age(alice, 4, 2);
  const recent = await open(alice);
  assert.deepEqual(
    [1, 2].map((number) => recent.listing.uidOf(messageNumberAt(number - 1))),
    [3, 5],
  );
});

test("a policy that ignores deletions keeps the mail", async () => {
  const alice = await account({ deletion: { way: "ignore" } });
  await deliver(alice, 2);
  assert.equal(await (await open(alice)).remove([messageNumberAt(0)]), undefined);
  assert.equal((await open(alice)).listing.opened, 2);
});
