import { type Kysely, sql } from "kysely";

/** Credentials of every kind, logins of hosts and of views of them (SDPS), restrictions, and the audit. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/** Kinds whose verifier is a name that one login in the world has. */
const subjectKinds = "('kerberos-principal', 'client-certificate', 'oauth-subject')";

const statements = [
  `alter table login
    add column host_login_id bigint references login on delete cascade,
    add column mechanisms text[],
    add column networks text[],
    add column requires_tls boolean not null default false`,
  `create index login_host on login (host_login_id) where host_login_id is not null`,
  `alter table credential
    add column networks text[] not null default '{}',
    add column created_at timestamptz not null default now(),
    add column last_used_at timestamptz,
    add column last_step bigint`,
  `create unique index credential_subject on credential (kind, verifier) where kind in ${subjectKinds}`,
  `create unique index credential_label on credential (login_id, kind, coalesce(label, ''))
    where kind not in ${subjectKinds}`,
  `create table audit (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null,
    action text not null,
    outcome text not null,
    subject text not null,
    mechanism text,
    address text,
    listener text,
    session_id text
  )`,
  `create index audit_subject on audit (subject, audit_id)`,
  `create index audit_address on audit (address, audit_id) where address is not null`,
  `create index audit_at on audit using brin (at)`,
];
