import { type Kysely, sql } from "kysely";

/**
 * Tenants, domains, logins, maildrops and mail. Every table that grows has a key that begins with
 * `maildrop_id`, so that Citus can distribute it as it stands, and refers to its maildrop without a foreign
 * key, which would cost a look at each delivery.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const directory = [
  `create table tenant (
    tenant_id bigint generated always as identity primary key,
    name text not null unique
  )`,
  `insert into tenant (name) values ('default')`,
  `create table domain (
    domain_id bigint generated always as identity primary key,
    tenant_id bigint not null default 1 references tenant,
    name text not null unique check (name = lower(name)),
    created_at timestamptz not null default now()
  )`,
  // No index on a counter, and half of each page free: updates stay heap-only.
  `create table maildrop (
    maildrop_id bigint generated always as identity primary key,
    name text not null,
    unique_id_prefix text not null check (unique_id_prefix ~ '^[!-~]{1,40}$'),
    epoch bigint not null default 0,
    view_opens bigint not null default 0,
    next_uid integer not null default 1,
    messages integer not null default 0 check (messages >= 0),
    octets bigint not null default 0 check (octets >= 0),
    quota_octets bigint check (quota_octets >= 0),
    changes bigint not null default 0,
    has_imported_unique_ids boolean not null default false,
    created_at timestamptz not null default now()
  ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)`,
  `create table address (
    domain_id bigint not null references domain on delete cascade,
    local_part text not null,
    maildrop_id bigint not null references maildrop on delete cascade,
    primary key (domain_id, local_part)
  )`,
  `create index address_maildrop on address (maildrop_id)`,
  `create table login (
    login_id bigint generated always as identity primary key,
    domain_id bigint not null references domain,
    name text not null unique,
    maildrop_id bigint not null references maildrop,
    view_local_part text,
    is_disabled boolean not null default false,
    version bigint not null default 1,
    created_at timestamptz not null default now()
  )`,
  `create index login_domain on login (domain_id, name)`,
  `create index login_maildrop on login (maildrop_id)`,
  `create table credential (
    credential_id bigint generated always as identity primary key,
    login_id bigint not null references login on delete cascade,
    kind text not null,
    verifier text not null,
    label text,
    scopes text[] not null default '{}',
    expires_at timestamptz,
    version bigint not null default 1
  )`,
  `create index credential_login on credential (login_id)`,
];

const mail = [
  `create table view_fence (
    maildrop_id bigint not null,
    local_part text not null,
    epoch bigint not null default 0,
    primary key (maildrop_id, local_part)
  ) with (fillfactor = 50)`,
  // A listing is one scan of the index alone, if vacuum keeps the visibility map fresh.
  `create table message (
    maildrop_id bigint not null,
    uid integer not null check (uid > 0),
    octets bigint not null check (octets between 0 and 4294967295),
    header_wire_octets bigint not null,
    wire_octets bigint not null,
    received_at timestamptz not null default now(),
    reverse_path text not null,
    recipient text not null,
    local_part text not null,
    imported_unique_id text check (imported_unique_id ~ '^[!-~]{1,70}$'),
    state smallint not null default 0,
    body_id bigint not null,
    primary key (maildrop_id, uid) include (octets)
  ) with (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
  )`,
  `create unique index message_imported on message (maildrop_id, imported_unique_id)
    where imported_unique_id is not null`,
  // Chunks in wire form; the body of a message lies under its uid, or under a negative number from
  // reserved_body_id.
  `create table body (
    maildrop_id bigint not null,
    body_id bigint not null,
    seq integer not null,
    is_last boolean not null,
    octets bytea not null,
    primary key (maildrop_id, body_id, seq)
  ) with (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
  )`,
  // Compressing mail costs milliseconds and gains nothing on base64; a chunk fits a page.
  `alter table body alter column octets set storage plain`,
  `create sequence reserved_body_id`,
  `create table tombstone (
    maildrop_id bigint not null,
    uid integer not null,
    octets bigint not null,
    received_at timestamptz not null,
    recipient text not null,
    imported_unique_id text,
    removed_at timestamptz not null default now(),
    session_id text not null,
    login text not null,
    primary key (maildrop_id, uid)
  )`,
  // Empty after a crash and on a server that was promoted: then commits that were not flushed may be lost,
  // bumps of the fence among them, and no session from before may delete.
  `create unlogged table server_life (
    life uuid not null default gen_random_uuid(),
    is_only boolean primary key default true check (is_only)
  )`,
];

/**
 * Removes messages behind the fence, all of them or, by raising PL001, none. A function, because the fence,
 * the deletions and the counters are statements that each need a fresh snapshot, and this way they cost one
 * round trip.
 *
 * Answers `removed`; `fenced` when a later session has opened the maildrop; `restarted` when Postgres is not
 * what it was, so that the fence proves nothing.
 */
const removal = `create function remove_messages(
    of_maildrop bigint, uids integer[], seen_epoch bigint, seen_view_opens bigint,
    view_local_part text, view_epoch bigint, seen_server text, by_session text, by_login text
  ) returns text language plpgsql as $$
  declare
    removed_messages integer;
    removed_octets bigint;
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
    with gone as (
      delete from message where maildrop_id = of_maildrop and uid = any(uids)
      returning uid, octets, received_at, recipient, imported_unique_id, body_id
    ), bodies as (
      delete from body using gone where body.maildrop_id = of_maildrop and body.body_id = gone.body_id
    ), buried as (
      insert into tombstone (
        maildrop_id, uid, octets, received_at, recipient, imported_unique_id, session_id, login
      ) select of_maildrop, uid, octets, received_at, recipient, imported_unique_id, by_session, by_login
      from gone
    )
    select count(*), coalesce(sum(octets), 0) into removed_messages, removed_octets from gone;
    if removed_messages <> cardinality(uids) then
      raise exception 'messages were removed behind the session' using errcode = 'PL001';
    end if;
    update maildrop set messages = messages - removed_messages, octets = octets - removed_octets,
      changes = changes + 1 where maildrop_id = of_maildrop;
    return 'removed';
  end $$`;

/** What a session's server was, for `remove_messages`: when it started, and its life. */
const serverIdentity = `create function server_identity() returns text language sql stable as
  $$ select pg_postmaster_start_time()::timestamptz at time zone 'UTC' || ' ' || life from server_life $$`;

const statements = [...directory, ...mail, serverIdentity, removal];
