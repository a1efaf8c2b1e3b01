import { match, rejects, strictEqual } from "node:assert/strict";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { migrate } from "@poplar/storage";
import { uniqueIds } from "../fixtures/foreign-client.ts";
import { password, Standalone } from "../fixtures/standalone.ts";
import { SystemPostgres } from "../fixtures/system-postgres.ts";

const grants = resolve(import.meta.dirname, "../../infra/postgres/front-ends.sql");
const database = "poplar";

let postgres: SystemPostgres;
before(async () => {
  postgres = await SystemPostgres.start();
  await postgres.tool("createdb", [database]);
  await migrate(postgres.url(database));
  await postgres.tool("psql", ["--no-psqlrc", "-v", "ON_ERROR_STOP=1", "--file", grants, database]);
});
after(() => postgres[Symbol.asyncDispose]());

const appUrl = (): string => postgres.url(database).replace("postgres@", "poplar_app@");

test("a server does all that it does by a role that can change nothing of the schema", async () => {
  await using server = await Standalone.start({ flags: [`--postgres-url=${appUrl()}`] });
  const login = await server.addLogin("alice");
  await server.deliver(Buffer.from("Subject: one\r\n\r\nOne.\r\n"), login);
  strictEqual((await uniqueIds(server, login)).length, 1);
  await server.call("PUT", `/logins/${login}/mail-policy`, { deletion: "hide" });
  using client = await server.connect();
  for (const command of [`USER ${login}`, `PASS ${password}`, "DELE 1", "QUIT"]) {
    match(await client.ask(command), /^\+OK/, command);
  }
  await server.call("POST", `/maildrops/${login}/restore`, {});
  strictEqual((await uniqueIds(server, login)).length, 1);
  await server.call("POST", "/tokens", { label: "ops", role: "platform" });
  await server.call("DELETE", `/logins/${login}?fate=purge`);
});

test("it can neither change the schema nor leave the database", async () => {
  for (const statement of [
    "create table mine (x int)",
    "create function mine() returns int language sql as 'select 1'",
    "drop table message",
    "alter table login add column mine int",
    "truncate message",
    "delete from kysely_migration",
    "copy login to '/tmp/logins'",
    "copy login from program 'id'",
    "select pg_read_file('/etc/passwd')",
    "create role mine",
  ]) {
    await rejects(
      postgres.tool("psql", ["--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-c", statement, appUrl()]),
      /permission denied|must be owner|must be/,
      statement,
    );
  }
});
