import { type Kysely, sql } from "kysely";

/**
 * Policies of domains, and of the fleet, for logins that have none of their own. A policy holds whole:
 * nothing of another one shines through.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const table = `create table default_policy (
    domain_id bigint references domain on delete cascade,
    retention_days integer check (retention_days >= 0),
    login_delay_seconds integer not null default 0 check (login_delay_seconds >= 0),
    sees_newest integer check (sees_newest >= 0),
    sees_days integer check (sees_days >= 0),
    sees_unfetched boolean not null default false,
    deletion text not null default 'remove' check (deletion in ('remove', 'hide', 'ignore')),
    undo_days integer not null default 0 check (undo_days >= 0),
    removes_retrieved boolean not null default false
  )`;

/** Who remembers a login looks at the stamp of its domain: see 0006. */
const touch = `create function default_policy_touches_domains() returns trigger language plpgsql as $$
  declare
    of_domain bigint := coalesce(new.domain_id, old.domain_id);
  begin
    update domain set name = name where of_domain is null or domain_id = of_domain;
    return null;
  end $$`;

/** As in 0003, for logins whose retention is that of their domain or of the fleet, too. */
const expiry = `create or replace function expire_messages(
    after_login bigint, logins_max integer, messages_max integer
  ) returns table (expired integer, last_login bigint) language plpgsql as $$
  declare
    due record;
    uids integer[];
    visited integer := 0;
  begin
    if not pg_try_advisory_xact_lock(7366000001) then return; end if;
    expired := 0;
    for due in
      select login_id, name, maildrop_id, view_local_part, now() - days * interval '1 day' as oldest from (
        select l.*, case when l.has_policy then l.retention_days else (
          select p.retention_days from default_policy p where p.domain_id = l.domain_id or p.domain_id is null
            order by p.domain_id nulls last limit 1
        ) end as days from login l where l.login_id > after_login and (l.retention_days is not null
          or (not l.has_policy and exists (select from default_policy where retention_days is not null)))
      ) as kept where days is not null order by login_id limit logins_max
    loop
      select array_agg(uid) into uids from (
        select uid from message where maildrop_id = due.maildrop_id and received_at < due.oldest
          and (due.view_local_part is null or local_part = due.view_local_part)
          order by uid limit messages_max - expired
      ) as old;
      if uids is not null then
        perform from maildrop where maildrop_id = due.maildrop_id for no key update;
        expired := expired + bury_messages(due.maildrop_id, uids, 0, 'retention', due.name);
        insert into audit (at, action, outcome, subject) values (now(), 'expire-messages', 'done', due.name);
      end if;
      exit when expired >= messages_max;
      last_login := due.login_id;
      visited := visited + 1;
    end loop;
    if visited = logins_max or expired >= messages_max then last_login := coalesce(last_login, after_login);
    else last_login := null; end if;
    return next;
  end $$`;

const statements = [
  table,
  "create unique index default_policy_domain on default_policy (domain_id)",
  "create unique index default_policy_fleet on default_policy ((true)) where domain_id is null",
  "alter table login add column has_policy boolean not null default false",
  `update login set has_policy = true where retention_days is not null or login_delay_seconds > 0
    or sees_newest is not null or sees_days is not null or sees_unfetched or deletion <> 'remove'
    or removes_retrieved`,
  touch,
  `create trigger default_policy_touches_domains after insert or delete or update on default_policy
    for each row execute function default_policy_touches_domains()`,
  expiry,
];
