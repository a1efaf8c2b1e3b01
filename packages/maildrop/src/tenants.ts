import type { Page, RegistryFault } from "./registry.ts";

/** Somebody who has domains here, such as a reseller or a department. */
export interface Tenant {
  readonly name: string;
  readonly domains: number;
}

/** The tenant of domains that were given to nobody in particular. It cannot be removed. */
export const DEFAULT_TENANT = "default";

/** Tenants, and which domain is whose. Implemented by `storage`. */
export interface TenantRegistry {
  addTenant(name: string): Promise<Tenant | RegistryFault>;
  /** In the order of their names. */
  listTenants(page: Page): Promise<readonly Tenant[] | RegistryFault>;
  showTenant(name: string): Promise<Tenant | RegistryFault>;
  /** Removes a tenant that has no domains, and its tokens; the default one is `not-empty` always. */
  removeTenant(name: string): Promise<undefined | RegistryFault>;
  /** Gives a domain to a tenant; the tokens for the domain go. */
  moveDomain(domain: string, tenant: string): Promise<undefined | RegistryFault>;
  /** Whose domain it is; `undefined` for one that is not here. */
  tenantOf(domain: string): Promise<string | undefined | RegistryFault>;
}
