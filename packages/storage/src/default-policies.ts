import type { MailPolicy, RegistryFault } from "@poplar/maildrop";
import { columnsOf, policyOf } from "./policy-columns.ts";
import { type RegistryDatabase, refuse, type Tx } from "./registry-database.ts";

/** The policies of domains and of the fleet; `undefined` in the place of a domain is the fleet. */
export class DefaultPolicies {
  readonly #database: RegistryDatabase;

  constructor(database: RegistryDatabase) {
    this.#database = database;
  }

  /** @param policy `undefined` takes it away. */
  async set(domain: string | undefined, policy: MailPolicy | undefined): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const domainId = await idOf(tx, domain);
      await tx.deleteFrom("default_policy").where("domain_id", "is not distinct from", domainId).execute();
      if (policy === undefined) return undefined;
      await tx
        .insertInto("default_policy")
        .values({ domain_id: domainId, ...columnsOf(policy) })
        .execute();
      return undefined;
    });
  }

  async show(domain: string | undefined): Promise<MailPolicy | RegistryFault> {
    return this.#database.change(async (tx) => {
      const domainId = await idOf(tx, domain);
      const columns = await tx
        .selectFrom("default_policy")
        .selectAll()
        .where("domain_id", "is not distinct from", domainId)
        .executeTakeFirst();
      return (columns && policyOf(columns)) ?? {};
    });
  }
}

async function idOf(tx: Tx, domain: string | undefined): Promise<string | null> {
  if (domain === undefined) return null;
  const name = domain.toLowerCase();
  const found = await tx.selectFrom("domain").select("domain_id").where("name", "=", name).executeTakeFirst();
  return found?.domain_id ?? refuse({ registryFault: "not-found", name });
}
