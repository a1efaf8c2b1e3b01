import { isRegistryFault, type Tenant } from "@poplar/maildrop";
import { z } from "zod";
import { domainName, tenantName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { type PageInput, pageFields, pageOf, type Slice, sliceOf } from "./page.ts";

/** Which tenant. */
export interface TenantInput {
  readonly name: string;
}

/** A domain, and whose it shall be. */
export interface MoveInput {
  readonly name: string;
  readonly tenant: string;
}

/** A tenant. */
export type TenantEntry = Tenant;

/** Makes a tenant. */
export const addTenant: Operation<TenantInput, TenantEntry> = defineOperation({
  name: "add-tenant",
  inputSchema: z.strictObject({ name: tenantName() }),
  reach: ({ name }) => [{ tenant: name }],
  subject: ({ name }) => name,
  perform: async ({ tenants }, { name }) => tenants.addTenant(name),
});

/** The tenants, by name. */
export const listTenants: Operation<PageInput, Slice<TenantEntry>> = defineOperation({
  name: "list-tenants",
  inputSchema: z.strictObject(pageFields),
  reach: () => [],
  perform: async ({ tenants }, page) => {
    const found = await tenants.listTenants(pageOf(page));
    if (isRegistryFault(found)) return found;
    return sliceOf(
      found,
      page.limit,
      (tenant) => tenant,
      ({ name }) => name,
    );
  },
});

/** Shows a tenant; its domains are listed by themselves. */
export const showTenant: Operation<TenantInput, TenantEntry> = defineOperation({
  name: "show-tenant",
  inputSchema: z.strictObject({ name: tenantName() }),
  reach: ({ name }) => [{ tenant: name }],
  perform: async ({ tenants }, { name }) => tenants.showTenant(name),
});

/** Removes a tenant; refused while it has domains. */
export const removeTenant: Operation<TenantInput, undefined> = defineOperation({
  name: "remove-tenant",
  inputSchema: z.strictObject({ name: tenantName() }),
  reach: ({ name }) => [{ tenant: name }],
  subject: ({ name }) => name,
  perform: async ({ tenants }, { name }) => tenants.removeTenant(name),
});

/** Gives a domain to a tenant. */
export const moveDomain: Operation<MoveInput, undefined> = defineOperation({
  name: "move-domain",
  inputSchema: z.strictObject({ name: domainName(), tenant: tenantName() }),
  reach: ({ name, tenant }) => [{ domain: name }, { tenant }],
  subject: ({ name }) => name,
  perform: async ({ tenants }, { name, tenant }) => tenants.moveDomain(name, tenant),
});
