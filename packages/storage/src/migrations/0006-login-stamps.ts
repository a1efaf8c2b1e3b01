import { type Kysely, sql } from "kysely";

/**
 * Whatever a login is made of touches the row of the login, or of its domain: so that who remembers a login
 * sees by the stamps of these rows (`xmin`) whether it is still what it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create function touch_login() returns trigger language plpgsql as $$
  begin
    update login set version = version where login_id = coalesce(new.login_id, old.login_id);
    return null;
  end $$`,
  // Not for `last_used_at` and `last_step`: they change with each use, and are asked for elsewhere.
  `create trigger credential_touches_login
    after insert or delete or update of login_id, kind, verifier, label, scopes, networks, expires_at
    on credential for each row execute function touch_login()`,
  `create function touch_domains() returns trigger language plpgsql as $$
  begin
    update domain set name = name where tenant_id = new.tenant_id;
    return null;
  end $$`,
  `create trigger tenant_touches_domains after update on tenant for each row execute function touch_domains()`,
];
