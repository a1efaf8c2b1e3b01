import { type Kysely, sql } from "kysely";

/**
 * Policies of logins, mail that is deleted and can be restored, and which messages have UTF-8 in their
 * headers.
 *
 * A hidden message is a row of another table: the listing stays a scan of one index, whatever is hidden. Its
 * body stays where it is, and its uid, so that its unique-id is the same when it comes back.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const tables = [
  `alter table login
    add column retention_days integer check (retention_days >= 0),
    add column login_delay_seconds integer not null default 0 check (login_delay_seconds >= 0),
    add column sees_newest integer check (sees_newest >= 0),
    add column sees_days integer check (sees_days >= 0),
    add column deletion text not null default 'remove' check (deletion in ('remove', 'hide', 'ignore')),
    add column undo_days integer not null default 0 check (undo_days >= 0)`,
  `create index login_retention on login (login_id) include (retention_days) where retention_days is not null`,
  `create index login_delay on login (login_delay_seconds) where login_delay_seconds > 0`,
  // Few messages are: an index of their own says which, and costs the others nothing.
  `alter table message add column is_internationalised boolean not null default false`,
  `create index message_internationalised on message (maildrop_id, uid) where is_internationalised`,
  `create table hidden_message (
    like message including constraints,
    hidden_at timestamptz not null default now(),
    keep_until timestamptz not null,
    session_id text not null,
    login text not null,
    primary key (maildrop_id, uid)
  ) with (autovacuum_vacuum_scale_factor = 0.02)`,
  `create index hidden_message_overdue on hidden_message (keep_until)`,
];

/** What a message is, in all tables that have one. */
const columns = `maildrop_id, uid, octets, header_wire_octets, wire_octets, received_at, reverse_path, recipient,
    local_part, imported_unique_id, state, body_id, is_internationalised`;

/**
 * Takes messages out of a maildrop whose row the caller has locked: for good, with a tombstone, or for so
 * many days. Answers how many there were.
 */
const bury = `create function bury_messages(
    of_maildrop bigint, uids integer[], keep_days integer, by_session text, by_login text
  ) returns integer language plpgsql as $$
  declare
    buried_messages integer;
    buried_octets bigint;
  begin
    if keep_days > 0 then
      with gone as (
        delete from message where maildrop_id = of_maildrop and uid = any(uids) returning ${columns}
      ), hidden as (
        insert into hidden_message (${columns}, keep_until, session_id, login)
        select ${columns}, now() + keep_days * interval '1 day', by_session, by_login from gone
      )
      select count(*), coalesce(sum(octets), 0) into buried_messages, buried_octets from gone;
    else
      with gone as (
        delete from message where maildrop_id = of_maildrop and uid = any(uids)
        returning uid, octets, received_at, recipient, imported_unique_id, body_id
      ), bodies as (
        delete from body using gone where body.maildrop_id = of_maildrop and body.body_id = gone.body_id
      ), buried as (
        insert into tombstone
          (maildrop_id, uid, octets, received_at, recipient, imported_unique_id, session_id, login)
        select of_maildrop, uid, octets, received_at, recipient, imported_unique_id, by_session, by_login
          from gone
      )
      select count(*), coalesce(sum(octets), 0) into buried_messages, buried_octets from gone;
    end if;
    update maildrop set messages = messages - buried_messages, octets = octets - buried_octets,
      changes = changes + 1 where maildrop_id = of_maildrop;
    return buried_messages;
  end $$`;

/**
 * Removes messages behind the fence, as the function of that name in 0001 does, and can hide them. A message
 * that retention has removed meanwhile is removed: the client wanted no more.
 */
const removal = `create function remove_messages(
    of_maildrop bigint, uids integer[], seen_epoch bigint, seen_view_opens bigint,
    view_local_part text, view_epoch bigint, seen_server text, by_session text, by_login text,
    keep_days integer
  ) returns text language plpgsql as $$
  declare
    removed_messages integer;
  begin
    perform from maildrop where maildrop_id = of_maildrop and epoch = seen_epoch
      and (view_local_part is not null or view_opens = seen_view_opens)
      for no key update;
    if not found then return 'fenced'; end if;
    perform where server_identity() = seen_server;
    if not found then return 'restarted'; end if;
    if view_local_part is not null then
      perform from view_fence where maildrop_id = of_maildrop and local_part = view_local_part
        and epoch = view_epoch;
      if not found then return 'fenced'; end if;
    end if;
    removed_messages := bury_messages(of_maildrop, uids, keep_days, by_session, by_login);
    if removed_messages <> cardinality(uids) then
      select removed_messages + count(*) into removed_messages from tombstone
        where maildrop_id = of_maildrop and uid = any(uids) and session_id = 'retention';
    end if;
    if removed_messages <> cardinality(uids) then
      raise exception 'messages were removed behind the session' using errcode = 'PL001';
    end if;
    return 'removed';
  end $$`;

/**
 * One step of a sweep: the logins behind \`after_login\`, until enough messages are gone. Answers how many
 * are, and the last login that is done with; no row while another process sweeps.
 */
const expiry = `create function expire_messages(
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
      select login_id, name, maildrop_id, view_local_part, now() - retention_days * interval '1 day' as oldest
        from login where retention_days is not null and login_id > after_login
        order by login_id limit logins_max
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

/** Takes hidden messages away for good; those whose time is over where no maildrop is named. */
const purge = `create function purge_hidden(of_maildrop bigint, uids integer[], messages_max integer)
  returns integer language plpgsql as $$
  declare
    purged integer;
  begin
    if of_maildrop is null and not pg_try_advisory_xact_lock(7366000002) then return null; end if;
    with due as (
      select maildrop_id, uid from hidden_message
        where case when of_maildrop is null then keep_until < now()
          else maildrop_id = of_maildrop and uid = any(uids) end
        order by keep_until limit messages_max for update skip locked
    ), gone as (
      delete from hidden_message h using due where h.maildrop_id = due.maildrop_id and h.uid = due.uid
      returning h.maildrop_id, h.uid, octets, received_at, recipient, imported_unique_id, body_id,
        session_id, login
    ), bodies as (
      delete from body using gone where body.maildrop_id = gone.maildrop_id and body.body_id = gone.body_id
    ), buried as (
      insert into tombstone
        (maildrop_id, uid, octets, received_at, recipient, imported_unique_id, session_id, login)
      select maildrop_id, uid, octets, received_at, recipient, imported_unique_id, session_id, login from gone
    )
    select count(*) into purged from gone;
    return purged;
  end $$`;

/**
 * Brings hidden messages back under their uids; the maildrop has one change more, so that it is listed anew.
 */
const restoration = `create function restore_hidden(of_maildrop bigint, uids integer[])
  returns integer language plpgsql as $$
  declare
    restored_messages integer;
    restored_octets bigint;
  begin
    perform from maildrop where maildrop_id = of_maildrop for no key update;
    with back as (
      delete from hidden_message where maildrop_id = of_maildrop and uid = any(uids) returning ${columns}
    ), shown as (insert into message (${columns}) select ${columns} from back)
    select count(*), coalesce(sum(octets), 0) into restored_messages, restored_octets from back;
    update maildrop set messages = messages + restored_messages, octets = octets + restored_octets,
      changes = changes + 1 where maildrop_id = of_maildrop;
    return restored_messages;
  end $$`;

const statements = [...tables, bury, removal, expiry, purge, restoration];
