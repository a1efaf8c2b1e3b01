import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { migrate } from "./migrate.ts";
import { type TestDatabase, withPostgres } from "./testing.ts";

let database: TestDatabase;
before(async () => {
  database = await withPostgres({ after });
});

/** A token of an operator, made at this minute. */
async function insert(label: string, createdBy: string, minute: number): Promise<void> {
  await database.query(
    `insert into access_token (verifier, label, role, created_by, created_at)
      values (decode(md5($1), 'hex'), $1, 'platform', $2, timestamptz '2026-01-01' + $3 * interval '1 minute')`,
    [label, createdBy, minute],
  );
}

const labels = async (): Promise<readonly unknown[]> =>
  (await database.query("select label from access_token order by label")).map(({ label }) => label);

test("tokens of the version before get the parent that they name, unless that is younger", async () => {
  await database.query("alter table access_token drop column parent_id");
  await database.query("delete from kysely_migration where name = '0011-token-parents'");
  await insert("first", "api-token", 1);
  await insert("second", "first", 2);
  await insert("old", "renewed", 3);
  await insert("renewed", "the server", 4);
  await migrate(database.url);
  const rows = await database.query(`select c.label, p.label as parent from access_token c
    left join access_token p on p.token_id = c.parent_id order by c.label`);
  assert.deepEqual(
    rows.map(({ label, parent }) => [label, parent]),
    [
      ["first", null],
      ["old", null],
      ["renewed", null],
      ["second", "first"],
    ],
  );
});

test("the version before makes tokens on this schema, and leaves none behind when it revokes one", async () => {
  await insert("third", "second", 5);
  await database.query(`update access_token set parent_id = (select token_id from access_token
    where label = 'second') where label = 'third'`);
  await database.query("delete from access_token where label = 'first'");
  assert.deepEqual(await labels(), ["old", "renewed"]);
});
