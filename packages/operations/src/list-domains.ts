import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type DomainEntry, domainEntry } from "./entries.ts";
import { tenantName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { type PageInput, pageFields, pageOf, type Slice, sliceOf } from "./page.ts";

/** Which domains. */
export interface DomainsInput extends PageInput {
  /** Those of this tenant only; of all within reach when absent. */
  readonly tenant?: string | undefined;
}

/** The domains, by name. */
export const listDomains: Operation<DomainsInput, Slice<DomainEntry>> = defineOperation({
  name: "list-domains",
  inputSchema: z.strictObject({ ...pageFields, tenant: tenantName().optional() }),
  reach: ({ tenant }) => (tenant === undefined ? [] : [{ tenant }]),
  perform: async ({ registry }, { tenant, ...page }, { scope }) => {
    // Whoever may reach a tenant sees all that the tenant sees.
    const narrowed = tenant === undefined ? scope : ({ role: "tenant", tenant } as const);
    const domains = await registry.listDomains(pageOf(page), narrowed);
    if (isRegistryFault(domains)) return domains;
    return sliceOf(domains, page.limit, domainEntry, ({ name }) => name);
  },
});
