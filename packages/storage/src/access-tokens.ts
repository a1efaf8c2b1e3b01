import {
  type AccessToken,
  type AccessTokens,
  type ChildTokens,
  isRegistryFault,
  type NewAccessToken,
  type Page,
  type RegistryFault,
  type RevokedTokens,
  type Scope,
} from "@poplar/maildrop";
import { type Insertable, sql } from "kysely";
import { limitOf, type RegistryDatabase, refuse, type Tx } from "./registry-database.ts";
import { findLogin } from "./registry-rows.ts";
import type { Schema } from "./schema.ts";
import { isDomainWithin } from "./scope-conditions.ts";
import { tenantIdOf } from "./tenant-registry.ts";

/** Tokens of the API in Postgres. */
export class PostgresAccessTokens implements AccessTokens {
  readonly #database: RegistryDatabase;

  constructor(database: RegistryDatabase) {
    this.#database = database;
  }

  async addToken(token: NewAccessToken): Promise<AccessToken | RegistryFault> {
    const { verifier, label, scope, createdBy, parentId, expiresAt } = token;
    return this.#database.change(async (tx) => {
      await tx.deleteFrom("access_token").where("expires_at", "<", new Date()).execute();
      const parent = parentId === undefined ? undefined : await heldToken(tx, parentId, createdBy);
      const added = await tx
        .insertInto("access_token")
        .values({
          verifier: Buffer.from(verifier),
          label,
          role: scope.role,
          created_by: createdBy,
          parent_id: parentId ?? null,
          expires_at: expiresAt ?? null,
          ...(await referenceOf(tx, scope)),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning(["token_id", "created_at"])
        .executeTakeFirst();
      if (added === undefined) return refuse({ registryFault: "already-exists", name: label });
      const tokenId = Number(added.token_id);
      const createdAt = added.created_at;
      return { tokenId, label, scope, createdBy, parent, createdAt, expiresAt, lastUsedAt: undefined };
    });
  }

  async findToken(verifier: Uint8Array): Promise<AccessToken | undefined | RegistryFault> {
    const octets = Buffer.from(verifier);
    const found = await this.#database.read(async (db) => {
      const { rows } = await sql<TokenRow & { readonly is_use_known: boolean }>`
        select ${tokenColumns}, coalesce(k.last_used_at > now() - interval '1 minute', false) as is_use_known
        from ${tokenTables}
        where k.verifier = ${octets} and (k.expires_at is null or k.expires_at > now())
          and not coalesce(l.is_disabled or h.is_disabled, false)
          and not exists (select from credential c where c.login_id in (l.login_id, h.login_id)
            and c.kind = 'password' and c.created_at > k.created_at)`.execute(db);
      return rows[0];
    });
    if (found === undefined || isRegistryFault(found)) return found;
    if (!found.is_use_known) {
      const noted = await this.#database.read(async (db) =>
        db
          .updateTable("access_token")
          .set({ last_used_at: new Date() })
          .where("verifier", "=", octets)
          .execute(),
      );
      if (isRegistryFault(noted)) return noted;
    }
    return tokenOf(found);
  }

  async listTokens(scope: Scope, page: Page): Promise<readonly AccessToken[] | RegistryFault> {
    return this.#database.read(async (db) => {
      const { rows } = await sql<TokenRow>`
        select ${tokenColumns} from ${tokenTables}
        where k.role <> 'self' and k.label > ${page.after ?? ""} and ${isTokenWithin(scope)}
        order by k.label limit ${limitOf(page)}`.execute(db);
      return rows.map(tokenOf);
    });
  }

  async revokeToken(
    label: string,
    scope: Scope,
    children: ChildTokens,
  ): Promise<RevokedTokens | RegistryFault> {
    return this.#database.change(async (tx) => {
      // Locked: what is being made with it meanwhile waits, and finds it gone.
      const { rows } = await sql<{ readonly token_id: string; readonly parent_id: string | null }>`
        select token_id, parent_id from access_token where token_id in (select k.token_id from ${tokenTables}
          where k.role <> 'self' and k.label = ${label} and ${isTokenWithin(scope)}) for update`.execute(tx);
      const [found] = rows;
      if (found === undefined) return refuse({ registryFault: "not-found", name: label });
      const kept =
        children === "revoke"
          ? []
          : await tx
              .updateTable("access_token")
              .set({ parent_id: found.parent_id })
              .where("parent_id", "=", found.token_id)
              .returning("label")
              .execute();
      const revoked = await sql<{ readonly label: string }>`
        with recursive made (token_id, depth) as (
          select ${found.token_id}::bigint, 0
          union all select c.token_id, m.depth + 1 from made m join access_token c on c.parent_id = m.token_id
        ), gone as (delete from access_token where token_id = ${found.token_id})
        select k.label from made join access_token k using (token_id) order by depth, k.label`.execute(tx);
      return { revoked: revoked.rows.map(labelOf), kept: kept.map(labelOf).toSorted() };
    });
  }

  async endToken(verifier: Uint8Array): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      await tx.deleteFrom("access_token").where("verifier", "=", Buffer.from(verifier)).execute();
      return undefined;
    });
  }
}

const labelOf = (row: { readonly label: string }): string => row.label;

/**
 * The label of a token that another one is made with, held until that is done; one that is gone makes none.
 */
async function heldToken(tx: Tx, tokenId: number, name: string): Promise<string> {
  const found = await tx
    .selectFrom("access_token")
    .select("label")
    .where("token_id", "=", String(tokenId))
    .forKeyShare()
    .executeTakeFirst();
  return found?.label ?? refuse({ registryFault: "not-found", name });
}

interface TokenRow {
  readonly token_id: string;
  readonly label: string;
  readonly role: string;
  readonly tenant: string | null;
  readonly domain: string | null;
  readonly login: string | null;
  readonly created_by: string;
  readonly parent: string | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

const tokenColumns = sql`k.token_id, k.label, k.role, t.name as tenant, d.name as domain, l.name as login,
  k.created_by, p.label as parent, k.created_at, k.expires_at, k.last_used_at`;

const tokenTables = sql`access_token k left join tenant t on t.tenant_id = k.tenant_id
  left join domain d on d.domain_id = k.domain_id left join login l on l.login_id = k.login_id
  left join login h on h.login_id = l.host_login_id left join access_token p on p.token_id = k.parent_id`;

/** A tenant has its own tokens and those of its domains. */
const isTokenWithin = (scope: Scope) =>
  scope.role === "tenant"
    ? sql`(t.name = ${scope.tenant} or ${isDomainWithin(scope, "k.domain_id")})`
    : isDomainWithin(scope, "k.domain_id");

async function referenceOf(tx: Tx, scope: Scope): Promise<Partial<Insertable<Schema["access_token"]>>> {
  switch (scope.role) {
    case "platform":
      return {};
    case "tenant":
      return { tenant_id: await tenantIdOf(tx, scope.tenant) };
    case "domain": {
      const found = await tx
        .selectFrom("domain")
        .select("domain_id")
        .where("name", "=", scope.domain)
        .forKeyShare()
        .executeTakeFirst();
      return { domain_id: found?.domain_id ?? refuse({ registryFault: "not-found", name: scope.domain }) };
    }
    case "self":
      return { login_id: (await findLogin(tx, scope.login)).login_id };
  }
}

const tokenOf = (row: TokenRow): AccessToken => ({
  tokenId: Number(row.token_id),
  label: row.label,
  scope: scopeOf(row),
  createdBy: row.created_by,
  parent: row.parent ?? undefined,
  createdAt: row.created_at,
  expiresAt: row.expires_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
});

function scopeOf({ role, tenant, domain, login }: TokenRow): Scope {
  if (tenant !== null) return { role: "tenant", tenant };
  if (domain !== null) return { role: "domain", domain };
  if (login !== null) return { role: "self", login };
  if (role !== "platform") throw new Error(`a token of role ${role} is for nothing`);
  return { role };
}
