import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type OpenMaildrop, WHOLE } from "@poplar/maildrop";
import { isFault, messageNumberAt } from "@poplar/protocol";
import pg from "pg";
import { findLogin } from "./login-statements.ts";
import { migrate, migrationStatus } from "./migrate.ts";
import { openStorage } from "./open-storage.ts";
import { StorageError } from "./storage-error.ts";
import { deafEvents, silentLog, withPostgres } from "./testing.ts";

const database = await withPostgres({ after });
const storage = await openStorage({ connection: database.url, log: silentLog, events: deafEvents });
after(() => storage.close());
await storage.registry.addDomain("example.test");

let accounts = 0;

async function account(): Promise<number> {
  accounts += 1;
  const name = `login${accounts}@example.test`;
  const made = await storage.registry.addLogin({ name, passwordVerifier: "v", quotaOctets: undefined });
  assert.ok("maildropId" in made);
  return made.maildropId;
}

async function open(maildropId: number): Promise<OpenMaildrop> {
  const holder = { sessionId: "the-session", login: "the-login", address: "192.0.2.1" };
  const maildrop = await storage.maildrops.open({ maildropId, view: WHOLE, holder });
  if (isFault(maildrop)) assert.fail(maildrop.fault);
  return maildrop;
}

/** Delivers a message of so many octets, of which a slice of 64 KB lies in memory at a time. */
async function deliver(maildropId: number, octets: number, onSlice = (): void => {}): Promise<void> {
  const slice = Buffer.alloc(65_536, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n");
  const traceHeader = Buffer.from("X: 1\r\n");
  const outcomes = await storage.deliveries.deliver({
    reversePath: "",
    copies: [{ resolved: { recipient: "x@example.test", maildropId }, traceHeader }],
    content: {
      octets,
      headerWireOctets: 0,
      wireOctets: octets,
      *slices() {
        for (let left = octets; left > 0; left -= slice.length) {
          onSlice();
          yield slice.subarray(0, left);
        }
      },
    },
  });
  assert.deepEqual(outcomes, [1]);
}

test("a message of 100 MB goes in and out while 1 MB of it at most lies in memory", async () => {
  setFlagsFromString("--expose-gc");
  const inUse = (): number => {
    // The first collection leaves freed buffers to a thread; the second one waits for it.
    runInNewContext("gc(); gc()");
    return process.memoryUsage().arrayBuffers;
  };
  const maildropId = await account();
  const octets = 100_000_000;
  const before = inUse();
  let peak = 0;
  let looks = 0;
  const look = (): void => {
    looks += 1;
    if (looks % 150 === 0) peak = Math.max(peak, inUse() - before);
  };
  await deliver(maildropId, octets, look);
  const reader = await (await open(maildropId)).read(messageNumberAt(0), "whole");
  assert.ok(!isFault(reader));
  let read = 0;
  for (let window = await reader.next(); window !== undefined; window = await reader.next()) {
    assert.ok(!isFault(window));
    read += window.length;
    reader.giveBack?.(window);
    look();
  }
  assert.equal(read, octets + 6);
  assert.ok(looks > 2000);
  assert.ok(peak < 1_000_000, `${peak} octets`);
});

test("a listing is right for messages of up to 4 GiB and uids of up to 2^31", async () => {
  const maildropId = await account();
  const octets = [1, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32 - 1];
  const uids = [1, 2, 2 ** 28, 2 ** 30, 2 ** 31 - 1];
  await database.query(
    `insert into message (maildrop_id, uid, octets, header_wire_octets, wire_octets, reverse_path, recipient,
      local_part, body_id) select $1, uid, octets, 0, 0, '', '', '', uid
      from unnest($2::integer[], $3::bigint[]) m (uid, octets)`,
    [maildropId, uids, octets],
  );
  await database.query("update maildrop set messages = 5 where maildrop_id = $1", [maildropId]);
  const { listing } = await open(maildropId);
  const numbers = [...listing.present()];
  assert.deepEqual(
    numbers.map((number) => listing.octetsOf(number)),
    octets,
  );
  assert.deepEqual(
    numbers.map((number) => listing.uidOf(number)),
    uids,
  );
});

test("a delivery that fails while its content is still read writes nothing after its rollback (P5)", async () => {
  const maildropId = await account();
  // The counter overflows: a statement fails while the content keeps the others waiting.
  await database.query("update maildrop set next_uid = 2147483647 where maildrop_id = $1", [maildropId]);
  let isReading = true;
  const outcomes = await storage.deliveries.deliver({
    reversePath: "",
    copies: [{ resolved: { recipient: "x@example.test", maildropId }, traceHeader: Buffer.from("X: 1\r\n") }],
    content: {
      octets: 9,
      headerWireOctets: 0,
      wireOctets: 9,
      async *slices() {
        try {
          for (const slice of ["one", "two", "end"]) {
            await delay(30);
            yield Buffer.from(slice);
          }
        } finally {
          isReading = false;
        }
      },
    },
  });
  assert.partialDeepStrictEqual(outcomes, [{ deliveryFault: "storage-down" }]);
  assert.equal(isReading, false, "nothing goes on after the answer");
  assert.deepEqual(await database.query("select from body where maildrop_id = $1", [maildropId]), []);
});

test("imported unique-ids are listed to the letter, the others beside them (P4)", async () => {
  const maildropId = await account();
  await deliver(maildropId, 100);
  await database.query(
    `insert into message (maildrop_id, uid, octets, header_wire_octets, wire_octets, reverse_path, recipient,
      local_part, body_id, imported_unique_id) values ($1, 2, 0, 0, 0, '', '', '', 2, '!~from"elsewhere')`,
    [maildropId],
  );
  await database.query(
    "update maildrop set messages = 2, has_imported_unique_ids = true where maildrop_id = $1",
    [maildropId],
  );
  const { listing } = await open(maildropId);
  const [row] = await database.query("select unique_id_prefix from maildrop where maildrop_id = $1", [
    maildropId,
  ]);
  assert.equal(listing.uniqueIdOf(messageNumberAt(0)), `${String(row?.["unique_id_prefix"])}.1`);
  assert.equal(listing.uniqueIdOf(messageNumberAt(1)), '!~from"elsewhere');
});

test("a removal leaves a tombstone for each message, with who did it, and no octet of a body", async () => {
  const maildropId = await account();
  await deliver(maildropId, 2_000_000);
  assert.equal(await (await open(maildropId)).remove([messageNumberAt(0)]), undefined);
  const tombstones = await database.query("select * from tombstone where maildrop_id = $1", [maildropId]);
  assert.partialDeepStrictEqual(tombstones, [
    { uid: 1, octets: "2000006", recipient: "x@example.test", session_id: "the-session", login: "the-login" },
  ]);
  assert.deepEqual(await database.query("select from body where maildrop_id = $1", [maildropId]), []);
});

test("opening and reading one maildrop scans no other, and lists from the index alone", async () => {
  const maildropId = await account();
  await database.query(
    `insert into message (maildrop_id, uid, octets, header_wire_octets, wire_octets, reverse_path, recipient,
      local_part, body_id) select $1, uid, 100, 0, 0, '', '', '', uid from generate_series(1, 5000) uid`,
    [maildropId],
  );
  await database.query("vacuum analyze message");
  const plan = await database.query(
    `explain select string_agg(int8send((uid::bigint << 32) | octets), ''::bytea order by uid)
     from message where maildrop_id = ${maildropId}`,
  );
  const text = plan.map((row) => String(row["QUERY PLAN"])).join("\n");
  assert.match(text, /Index Only Scan using message_pkey/);
  assert.doesNotMatch(text, /Sort/);
});

test("a login is found without reading the whole of a table, with few thousands of them as with many", async (t) => {
  const fresh = await withPostgres(t);
  await fresh.query("insert into domain (name) select 'd' || i from generate_series(1, 500) i");
  await fresh.query("insert into maildrop (name, unique_id_prefix) values ('m', 'p')");
  await fresh.query(
    `insert into login (domain_id, name, maildrop_id) select 1 + i % 500, 'l' || i, 1 from generate_series(1, 2000) i`,
  );
  await fresh.query(
    "insert into credential (login_id, kind, verifier) select login_id, 'password', 'v' from login, domain limit 2000",
  );
  await fresh.query("vacuum analyze login, domain, credential");
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  t.after(async () => client.end());
  await client.query("set plan_cache_mode = force_generic_plan");
  await client.query(`prepare find as ${findLogin.text}`);
  const { rows } = await client.query<Record<string, string>>("explain execute find(array['l7'])");
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  assert.match(plan, /login_name_key/);
  assert.doesNotMatch(plan, /Seq Scan on (login|domain|credential)/);
});

test("several processes may migrate at once, and again later", async (t) => {
  const fresh = await withPostgres(t);
  await fresh.query("drop schema public cascade");
  await fresh.query("create schema public");
  const { applied: before, pending: names } = await migrationStatus(fresh.url);
  assert.deepEqual(before, []);
  assert.equal(names[0], "0001-foundation");
  const applied = await Promise.all([1, 2, 3].map(() => migrate(fresh.url)));
  assert.deepEqual(applied.flat(), names);
  assert.deepEqual(await migrate(fresh.url), []);
  assert.deepEqual(await migrationStatus(fresh.url), { applied: names, pending: [], later: [] });
});

test("a database without the schema is not healthy, and nobody's error leaks out of it", async (t) => {
  const fresh = await withPostgres(t);
  await fresh.query("drop schema public cascade");
  const empty = await openStorage({ connection: fresh.url, log: silentLog, events: deafEvents });
  const outcome = await empty.health();
  await empty.close();
  assert.ok(isFault(outcome) && outcome.fault === "storage-down");
  assert.ok(outcome.cause instanceof StorageError);
  assert.equal(outcome.cause.code, "no-schema");
  await assert.rejects(migrate("postgres://nobody@127.0.0.1:1/nothing"), StorageError);
});
