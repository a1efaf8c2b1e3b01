import {
  DEFAULT_TENANT,
  type Page,
  type RegistryFault,
  type Tenant,
  type TenantRegistry,
} from "@poplar/maildrop";
import { type StoreState, tenantIn } from "./state.ts";

/** Tenants in memory. */
export class MemoryTenants implements TenantRegistry {
  readonly #state: StoreState;

  constructor(state: StoreState) {
    this.#state = state;
  }

  async addTenant(name: string): Promise<Tenant | RegistryFault> {
    if (this.#state.tenants.has(name)) return { registryFault: "already-exists", name };
    this.#state.tenants.add(name);
    return { name, domains: 0 };
  }

  async listTenants(page: Page): Promise<readonly Tenant[]> {
    return [...this.#state.tenants]
      .filter((name) => name > (page.after ?? ""))
      .toSorted()
      .slice(0, page.limit)
      .map((name) => ({ name, domains: this.#domainsOf(name) }));
  }

  async showTenant(name: string): Promise<Tenant | RegistryFault> {
    if (!this.#state.tenants.has(name)) return { registryFault: "not-found", name };
    return { name, domains: this.#domainsOf(name) };
  }

  async removeTenant(name: string): Promise<undefined | RegistryFault> {
    if (!this.#state.tenants.has(name)) return { registryFault: "not-found", name };
    const count = this.#domainsOf(name);
    if (count > 0 || name === DEFAULT_TENANT) return { registryFault: "not-empty", name, count };
    this.#state.tenants.delete(name);
    return undefined;
  }

  async moveDomain(domain: string, tenant: string): Promise<undefined | RegistryFault> {
    const name = domain.toLowerCase();
    if (!this.#state.tenants.has(tenant)) return { registryFault: "not-found", name: tenant };
    if (!this.#state.domains.has(name)) return { registryFault: "not-found", name };
    this.#state.tenantOfDomain.set(name, tenant);
    return undefined;
  }

  async tenantOf(domain: string): Promise<string | undefined | RegistryFault> {
    const { down, domains } = this.#state;
    if (down !== undefined) return { registryFault: "storage-down", cause: down };
    const name = domain.toLowerCase();
    return domains.has(name) ? tenantIn(this.#state, name) : undefined;
  }

  #domainsOf(tenant: string): number {
    return [...this.#state.domains.keys()].filter((name) => tenantIn(this.#state, name) === tenant).length;
  }
}
