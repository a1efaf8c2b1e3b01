import { type Kysely, sql } from "kysely";

/**
 * Mail that is removed once it was retrieved, and mail that each program of a login sees once.
 *
 * What a program has fetched is one row: uids grow, so what it has fetched is few ranges. Credential 0 stands
 * for logins that somebody else vouches for; a row whose credential is gone goes with its login.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table login
    add column sees_unfetched boolean not null default false,
    add column removes_retrieved boolean not null default false`,
  `create index login_removes_retrieved on login (login_id) where removes_retrieved`,
  `create table fetched_mark (
    maildrop_id bigint not null,
    login_id bigint not null references login on delete cascade,
    credential_id bigint not null,
    uids int4multirange not null,
    primary key (maildrop_id, login_id, credential_id)
  ) with (fillfactor = 50)`,
  `create index fetched_mark_login on fetched_mark (login_id)`,
];
