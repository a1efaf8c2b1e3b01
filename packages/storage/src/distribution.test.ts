import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Statement } from "./lane/frontend-message.ts";
import { findLogin, findLoginByCredential, stampLogin } from "./login-statements.ts";
import * as statements from "./statements.ts";
import { type TestDatabase, withPostgres } from "./testing.ts";

/** What docs/operating/citus.md says of the schema, against the schema. Citus itself is not here. */
const page = readFileSync(new URL("../../../docs/operating/citus.md", import.meta.url), "utf8");

let database: TestDatabase;
before(async () => {
  database = await withPostgres({ after });
});

/** The tables of a row of the page, found by how they are to be distributed. */
function tablesOf(how: RegExp): readonly string[] {
  const row = page.split("\n").find((line) => line.startsWith("|") && how.test(line));
  assert(row !== undefined, `${page.slice(0, 30)}: no row ${how}`);
  return [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
}

const distributed = tablesOf(/\| `maildrop_id`/);
const reference = tablesOf(/\| reference tables/);
const local = tablesOf(/coordinator/);

async function column(text: string, values: readonly unknown[] = []): Promise<readonly string[]> {
  const rows = await database.query(text, values);
  return rows.map((row) => String(Object.values(row)[0]));
}

test("the page says of every table where it belongs", async () => {
  const all = await column(
    "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname !~ '^kysely' order by 1",
  );
  assert.deepEqual([...distributed, ...reference, ...local, "server_life"].toSorted(), all);
});

test("whatever is unique in a distributed table is so within a maildrop", async () => {
  const across = await column(
    `select i.indexrelid::regclass from pg_index i join pg_class c on c.oid = i.indrelid
      where (i.indisunique or i.indisexclusion) and c.relname = any($1) and not exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = 'maildrop_id'
          and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
      )`,
    [distributed],
  );
  assert.deepEqual(across, []);
  const keyless = await column(
    `select relname from pg_class c where relname = any($1) and not exists (
      select from pg_index where indrelid = c.oid and indisprimary)`,
    [distributed],
  );
  assert.deepEqual(keyless, []);
});

test("foreign keys stand in the way where the page says so, and nowhere else", async () => {
  const inTheWay = await column(
    `select from_table.relname || '.' || a.attname from pg_constraint f
      join pg_class from_table on from_table.oid = f.conrelid
      join pg_class to_table on to_table.oid = f.confrelid
      join pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
      where f.contype = 'f' and to_table.relname = any($1) order by 1`,
    [distributed],
  );
  const named = /\*\*Foreign keys\.\*\* (.*?) refer to `maildrop`/s.exec(page)?.[1] ?? "";
  assert.deepEqual(inTheWay, [...named.matchAll(/`([\w.]+)`/g)].map(([, name = ""]) => name).toSorted());
});

test("triggers are on the tables that the page names", async () => {
  const having = await column(
    "select distinct tgrelid::regclass::text from pg_trigger where not tgisinternal order by 1",
  );
  const named = /\*\*Triggers\*\*(.*?)\n-/s.exec(page)?.[1] ?? "";
  assert.deepEqual(having, [...named.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name).toSorted());
});

/** The parts of a plan that read or write a table. */
interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Recheck Cond"?: string;
  readonly Filter?: string;
  readonly Plans?: readonly Plan[];
}

/** As `explain (format json)` answers. */
const isExplained = (value: unknown): value is readonly [{ readonly Plan: Plan }] =>
  Array.isArray(value) && value.length === 1 && JSON.stringify(value).startsWith('[{"Plan":{"Node Type":');

const scansOf = (plan: Plan): readonly Plan[] => [
  ...(plan["Node Type"].includes("Scan") && distributed.includes(plan["Relation Name"] ?? "") ? [plan] : []),
  ...(plan.Plans ?? []).flatMap(scansOf),
];

/** Whether a statement finds rows of distributed tables by the one maildrop that it is given. */
async function asksOneMaildrop({ text }: Statement): Promise<boolean> {
  const [row] = await database.query(`explain (generic_plan, verbose, format json) ${text}`);
  const answer = row?.["QUERY PLAN"];
  assert(isExplained(answer));
  return scansOf(answer[0].Plan).every((scan) => {
    const conditions = [scan["Index Cond"], scan["Recheck Cond"], scan.Filter].join(" ");
    return /\bmaildrop_id = (?:\$1|maildrop(?:_\d+)?\.maildrop_id|free\.maildrop_id)\b/.test(conditions);
  });
}

const isStatement = (value: unknown): value is Statement =>
  typeof value === "object" && value !== null && "text" in value && "name" in value;

test("statements of sessions ask one maildrop; those that do not are the ones that the page names", async () => {
  const all = [...Object.values(statements), findLogin, findLoginByCredential, stampLogin]
    .flatMap((one): readonly unknown[] => (isStatement(one) ? [one] : Object.values(one)))
    .filter(isStatement);
  assert(all.length > 25, `${all.length}`);
  const across: string[] = [];
  for (const statement of all) if (!(await asksOneMaildrop(statement))) across.push(statement.name);
  const named = /\*\*Deliveries\*\*(.*?)\n-/s.exec(page)?.[1] ?? "";
  assert.deepEqual(
    across.toSorted(),
    [...named.matchAll(/`([a-z]+-[a-z-]+)`/g)].map(([, name = ""]) => name).toSorted(),
  );
});
