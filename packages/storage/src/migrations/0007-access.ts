import { type Kysely, sql } from "kysely";

/**
 * Tokens of the API, who did what, and answers that are kept for requests that come twice.
 *
 * A token goes with what it is for: whoever takes a domain or a login up again under the same name is not
 * open to the tokens of its predecessor.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table access_token (
    token_id bigint generated always as identity primary key,
    verifier bytea not null unique,
    label text not null,
    role text not null check (role in ('platform', 'tenant', 'domain', 'self')),
    tenant_id bigint references tenant on delete cascade,
    domain_id bigint references domain on delete cascade,
    login_id bigint references login on delete cascade,
    created_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    check ((role = 'tenant') = (tenant_id is not null)),
    check ((role = 'domain') = (domain_id is not null)),
    check ((role = 'self') = (login_id is not null))
  )`,
  `create unique index access_token_label on access_token (label) where role <> 'self'`,
  `create index access_token_tenant on access_token (tenant_id) where tenant_id is not null`,
  `create index access_token_domain on access_token (domain_id) where domain_id is not null`,
  `create index access_token_login on access_token (login_id) where login_id is not null`,
  `create index access_token_expiry on access_token (expires_at) where expires_at is not null`,
  `create index domain_tenant on domain (tenant_id)`,
  `create table kept_answer (
    caller text not null,
    key text not null,
    fingerprint bytea not null,
    status smallint,
    sealed bytea,
    claimed_at timestamptz not null default now(),
    primary key (caller, key)
  )`,
  `create index kept_answer_age on kept_answer (claimed_at)`,
  `alter table audit add column actor text`,
  // The domain of whatever an event is about: those of a domain are found without reading all the others.
  `create index audit_domain on audit (substring(subject from '[^@]*$'), audit_id)`,
];
