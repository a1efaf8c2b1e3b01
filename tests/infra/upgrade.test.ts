import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { migrate, migrationStatus } from "@poplar/storage";
import { uniqueIds } from "../fixtures/foreign-client.ts";
import { password, Standalone } from "../fixtures/standalone.ts";
import { SystemPostgres } from "../fixtures/system-postgres.ts";

let postgres: SystemPostgres;
before(async () => {
  postgres = await SystemPostgres.start();
});
after(() => postgres[Symbol.asyncDispose]());

const serverOn = (database: string): Promise<Standalone> =>
  Standalone.start({ flags: [`--postgres-url=${postgres.url(database)}`] });

/**
 * As pg_dump writes it, without the word by which it keeps psql from tricks: that is another one each
 * time.
 */
async function schemaOf(database: string): Promise<string> {
  const dump = await postgres.tool("pg_dump", ["--schema-only", database]);
  return dump.toString().replaceAll(/^\\(?:un)?restrict .*$/gm, "");
}

test("front ends that start at once on an empty database all come up, and one of them makes the schema", async () => {
  const database = await postgres.newDatabase();
  const [first, second] = await Promise.all([serverOn(database), serverOn(database)]);
  try {
    const login = await first.addLogin("alice");
    await second.deliver(Buffer.from("Subject: one\r\n\r\nOne.\r\n"), login);
    strictEqual((await uniqueIds(second, login)).length, 1);
  } finally {
    await Promise.all([first[Symbol.asyncDispose](), second[Symbol.asyncDispose]()]);
  }
});

test("migrating again changes nothing, and no client that polls meanwhile hears of it", async () => {
  const database = await postgres.newDatabase();
  await using server = await serverOn(database);
  const login = await server.addLogin("alice");
  const polling = new AbortController();
  const heard: string[] = [];
  const poll = (async () => {
    while (!polling.signal.aborted) {
      using client = await server.connect();
      await server.deliver(Buffer.from("Subject: one\r\n\r\nOne.\r\n"), login);
      for (const command of [`USER ${login}`, `PASS ${password}`, "STAT", "DELE 1", "QUIT"]) {
        heard.push(await client.ask(command));
      }
    }
  })();
  const asItWas = await schemaOf(database);
  for (let round = 0; round < 3; round += 1) {
    const done = await Promise.all([1, 2].map(() => migrate(postgres.url(database))));
    deepStrictEqual(done, [[], []]);
  }
  polling.abort();
  await poll;
  strictEqual(await schemaOf(database), asItWas);
  deepStrictEqual(
    heard.filter((reply) => !reply.startsWith("+OK")),
    [],
  );
});

test("a front end of the version before starts on the schema of the next one", async () => {
  const database = await postgres.newDatabase();
  {
    await using server = await serverOn(database);
    await server.addLogin("alice");
  }
  await postgres.query(database, "insert into kysely_migration values ('9999-next', now()::text)");
  await using server = await serverOn(database);
  using client = await server.logIn("alice@example.test");
  match(await client.ask("STAT"), /^\+OK 0 0/);
  const { pending, later } = await migrationStatus(postgres.url(database));
  deepStrictEqual([pending, later], [[], ["9999-next"]]);
  match(server.process.output, /"event":"schema-newer","later":\["9999-next"\]/);
});
