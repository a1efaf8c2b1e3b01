import { type Kysely, sql } from "kysely";

/** Finds out which unique-ids a maildrop has used, for imports. Few messages have one that came with them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/** Those that are derived from the maildrop's own prefix are used, or will be. */
const used = `create function used_unique_ids(of_maildrop bigint, unique_ids text[])
  returns table (unique_id text) language sql stable as $$
  select w.unique_id from unnest(unique_ids) w (unique_id), maildrop d
  where d.maildrop_id = of_maildrop and (starts_with(w.unique_id, d.unique_id_prefix || '.') or exists (
    select from message m where m.maildrop_id = of_maildrop and m.imported_unique_id = w.unique_id
  ) or exists (
    select from hidden_message h where h.maildrop_id = of_maildrop and h.imported_unique_id = w.unique_id
  ) or exists (
    select from tombstone t where t.maildrop_id = of_maildrop and t.imported_unique_id = w.unique_id
  )) $$`;

const statements = [
  `create index hidden_message_imported on hidden_message (maildrop_id, imported_unique_id)
    where imported_unique_id is not null`,
  `create index tombstone_imported on tombstone (maildrop_id, imported_unique_id)
    where imported_unique_id is not null`,
  used,
];
