import { type Kysely, sql } from "kysely";

/**
 * How far a login has read, for LAST (RFC 1460). Beside the login and not in it: who never asks has no row,
 * and a row that is written at the end of a session is no change of a login.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table retrieval_mark (
        login_id bigint primary key references login on delete cascade,
        uid integer not null check (uid > 0)
      ) with (fillfactor = 50)`,
    )
    .execute(db);
}
