import {
  DEFAULT_TENANT,
  type Page,
  type RegistryFault,
  type Tenant,
  type TenantRegistry,
} from "@poplar/maildrop";
import type { Kysely, SelectQueryBuilder } from "kysely";
import { limitOf, type RegistryDatabase, refuse, type Tx } from "./registry-database.ts";
import type { Schema } from "./schema.ts";

/** Tenants in Postgres. */
export class PostgresTenantRegistry implements TenantRegistry {
  readonly #database: RegistryDatabase;

  constructor(database: RegistryDatabase) {
    this.#database = database;
  }

  async addTenant(name: string): Promise<Tenant | RegistryFault> {
    return this.#database.change(async (tx) => {
      const added = await tx
        .insertInto("tenant")
        .values({ name })
        .onConflict((conflict) => conflict.doNothing())
        .returning("name")
        .executeTakeFirst();
      return added === undefined
        ? refuse({ registryFault: "already-exists", name })
        : { name: added.name, domains: 0 };
    });
  }

  async listTenants(page: Page): Promise<readonly Tenant[] | RegistryFault> {
    return this.#database.read(async (db) => {
      const rows = await tenantsIn(db)
        .where("t.name", ">", page.after ?? "")
        .orderBy("t.name")
        .limit(limitOf(page))
        .execute();
      return rows.map(tenantOfRow);
    });
  }

  async showTenant(name: string): Promise<Tenant | RegistryFault> {
    return this.#database.read(async (db): Promise<Tenant | RegistryFault> => {
      const row = await tenantsIn(db).where("t.name", "=", name).executeTakeFirst();
      return row === undefined ? { registryFault: "not-found", name } : tenantOfRow(row);
    });
  }

  async removeTenant(name: string): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const tenantId = await tenantIdOf(tx, name, "remove");
      const { domains } = await tx
        .selectFrom("domain")
        .where("tenant_id", "=", tenantId)
        .select((count) => count.fn.countAll<string>().as("domains"))
        .executeTakeFirstOrThrow();
      const count = Number(domains);
      if (count > 0 || name === DEFAULT_TENANT) return refuse({ registryFault: "not-empty", name, count });
      await tx.deleteFrom("tenant").where("tenant_id", "=", tenantId).execute();
      return undefined;
    });
  }

  async moveDomain(domain: string, tenant: string): Promise<undefined | RegistryFault> {
    const name = domain.toLowerCase();
    return this.#database.change(async (tx) => {
      const tenantId = await tenantIdOf(tx, tenant);
      const moved = await tx
        .updateTable("domain")
        .set({ tenant_id: tenantId })
        .where("name", "=", name)
        .returning("domain_id")
        .executeTakeFirst();
      if (moved === undefined) return refuse({ registryFault: "not-found", name });
      // Whoever had the domain has made them, or seen them.
      await tx.deleteFrom("access_token").where("domain_id", "=", moved.domain_id).execute();
      return undefined;
    });
  }

  async tenantOf(domain: string): Promise<string | undefined | RegistryFault> {
    return this.#database.read(async (db: Kysely<Schema>) => {
      const found = await db
        .selectFrom("domain as d")
        .innerJoin("tenant as t", "t.tenant_id", "d.tenant_id")
        .select("t.name")
        .where("d.name", "=", domain.toLowerCase())
        .executeTakeFirst();
      return found?.name;
    });
  }
}

type Tenants = Schema & { readonly t: Schema["tenant"] };

interface TenantRow {
  readonly name: string;
  readonly domains: string | null;
}

/** Tenants, each with how many domains it has. */
const tenantsIn = (db: Kysely<Schema>): SelectQueryBuilder<Tenants, "t", TenantRow> =>
  db
    .selectFrom("tenant as t")
    .select("t.name")
    .select((of) =>
      of
        .selectFrom("domain as d")
        .whereRef("d.tenant_id", "=", "t.tenant_id")
        .select((count) => count.fn.countAll<string>().as("domains"))
        .as("domains"),
    );

const tenantOfRow = ({ name, domains }: TenantRow): Tenant => ({ name, domains: Number(domains ?? 0) });

/** Finds a tenant, and holds it against removal until the change is done. */
export async function tenantIdOf(tx: Tx, name: string, purpose: "use" | "remove" = "use"): Promise<string> {
  const query = tx.selectFrom("tenant").select("tenant_id").where("name", "=", name);
  const found = await (purpose === "use" ? query.forKeyShare() : query.forUpdate()).executeTakeFirst();
  return found?.tenant_id ?? refuse({ registryFault: "not-found", name });
}
