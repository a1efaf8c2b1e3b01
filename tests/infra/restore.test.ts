import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join, resolve } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { until } from "@poplar/testkit";
import { temporaryFolder, uniqueIds } from "../fixtures/foreign-client.ts";
import { Standalone } from "../fixtures/standalone.ts";
import { SystemPostgres } from "../fixtures/system-postgres.ts";

const afterRestore = resolve(import.meta.dirname, "../../infra/postgres/after-restore.sql");

let postgres: SystemPostgres;
before(async () => {
  postgres = await SystemPostgres.start();
});
after(() => postgres[Symbol.asyncDispose]());

const serverOn = (database: string): Promise<Standalone> =>
  Standalone.start({ flags: [`--postgres-url=${postgres.url(database)}`] });

const message = (subject: string): Buffer => Buffer.from(`Subject: ${subject}\r\n\r\nText.\r\n`);

/** Dumps and restores as docs/operating/backup.md says. */
async function backUp(t: TestContext, database: string): Promise<string> {
  const file = join(temporaryFolder(t), "poplar.dump");
  await postgres.tool("pg_dump", ["--format=custom", "--no-unlogged-table-data", `--file=${file}`, database]);
  return file;
}

async function restore(file: string, database: string): Promise<void> {
  await postgres.tool("pg_restore", ["--exit-on-error", "--no-owner", `--dbname=${database}`, file]);
  await postgres.tool("psql", ["--quiet", "-v", "ON_ERROR_STOP=1", `--file=${afterRestore}`, database]);
}

/** What must be the same afterwards. */
const books = (database: string): Promise<string[]> =>
  postgres.query(
    database,
    `select name, unique_id_prefix, messages, octets, quota_octets from maildrop
     union all select 'tombstone ' || maildrop_id, recipient, uid, octets, null from tombstone
     union all select 'message ' || maildrop_id, recipient, uid, octets, null from message
     union all select name, is_disabled::text, login_id, maildrop_id, null from login
     union all select kind, verifier, login_id, null, null from credential order by 1, 2, 3`,
  );

test("a dump of a server at work brings everything back as it was", async (t) => {
  const database = await postgres.newDatabase();
  const restored = await postgres.newDatabase();
  await using server = await serverOn(database);
  const login = await server.addLogin("alice");
  await server.call("PUT", `/maildrops/${encodeURIComponent(login)}/quota`, { quotaOctets: 1_000_000 });
  for (const subject of ["one", "two", "three"]) await server.deliver(message(subject), login);
  using client = await server.logIn(login);
  await client.ask("DELE 2");
  match(await client.ask("QUIT"), /^\+OK/);
  const seen = await uniqueIds(server, login);
  const asItWas = await books(database);

  const busy = await server.addLogin("busy");
  const over = new AbortController();
  const traffic = (async () => {
    while (!over.signal.aborted) await server.deliver(message("meanwhile"), busy);
  })();
  const file = await backUp(t, database);
  over.abort();
  await traffic;
  await restore(file, restored);

  await using again = await serverOn(restored);

  const back = new Set(await books(restored));
  deepStrictEqual(
    asItWas.filter((line) => !back.has(line)),
    [],
  );
  deepStrictEqual(await uniqueIds(again, login), seen, "the password opens it, unique-ids are the same");
  // Nothing is half there of what came during the dump.
  const counted = `select count(*) from maildrop d where messages <> (select count(*) from message m
    where m.maildrop_id = d.maildrop_id) or octets <> (select coalesce(sum(octets), 0) from message m
    where m.maildrop_id = d.maildrop_id) or exists (select from message m where m.maildrop_id = d.maildrop_id
    and not exists (select from body b where b.maildrop_id = m.maildrop_id and b.body_id = m.body_id))`;
  deepStrictEqual(await postgres.query(restored, counted), ["0"]);
});

test("after a restore no unique-id is used again, not even of mail that the backup lacks (RFC 1939 §7)", async (t) => {
  const database = await postgres.newDatabase();
  const restored = await postgres.newDatabase();
  await using server = await serverOn(database);
  const login = await server.addLogin("alice");
  await server.deliver(message("in the backup"), login);
  const file = await backUp(t, database);
  await server.deliver(message("lost"), login);
  const seen = await uniqueIds(server, login);
  strictEqual(seen.length, 2);

  await restore(file, restored);
  await using again = await serverOn(restored);
  await again.deliver(message("new"), login);
  const [kept = "", fresh = ""] = await uniqueIds(again, login);
  strictEqual(kept, seen[0]);
  ok(!seen.includes(fresh), fresh);
});

test("a session from before the restore deletes nothing", async (t) => {
  const database = await postgres.newDatabase();
  await using server = await serverOn(database);
  const login = await server.addLogin("alice");
  await server.deliver(message("one"), login);
  const file = await backUp(t, database);
  // Until its epoch is the one that the next session after the restore will have set.
  using old = await server.logIn(login);
  await old.ask("DELE 1");

  await postgres.tool("dropdb", ["--force", database]);
  await postgres.tool("createdb", [database]);
  await restore(file, database);
  await postgres.query(database, `update maildrop set epoch = epoch + 1 where name = '${login}'`);
  match(await old.ask("QUIT"), /^-ERR \[SYS\/TEMP\] .*(nothing was deleted|may still be there)/);
  // The connections that the old database took with it are made anew one after the other.
  const listing = (): Promise<readonly string[]> => uniqueIds(server, login).catch(() => []);
  await until("the server shows the message again", async () => (await listing()).length === 1);
});
