import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type DomainEntry, domainEntry } from "./entries.ts";
import { domainName, tenantName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** Which domain. */
export interface DomainInput {
  readonly name: string;
}

/** A domain to be. */
export interface NewDomainInput extends DomainInput {
  /** Whose it is; when absent, the tenant who adds it, or the default one. */
  readonly tenant?: string | undefined;
}

/** Takes a domain under care: from now on logins can be added in it. */
export const addDomain: Operation<NewDomainInput, DomainEntry> = defineOperation({
  name: "add-domain",
  inputSchema: z.strictObject({ name: domainName(), tenant: tenantName().optional() }),
  reach: ({ tenant }) => (tenant === undefined ? [] : [{ tenant }]),
  subject: ({ name }) => name,
  perform: async ({ registry }, { name, tenant }, { scope }) => {
    const domain = await registry.addDomain(
      name,
      tenant ?? (scope.role === "tenant" ? scope.tenant : undefined),
    );
    return isRegistryFault(domain) ? domain : domainEntry(domain);
  },
});
