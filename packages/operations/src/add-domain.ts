import { isRegistryFault, type RegistryFault, type Scope } from "@poplar/maildrop";
import { z } from "zod";
import { type DomainEntry, domainEntry } from "./entries.ts";
import { domainName, tenantName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { forbidden } from "./permit.ts";
import type { OperationPorts } from "./ports.ts";

/** Which domain. */
export interface DomainInput {
  readonly name: string;
}

/** A domain to be. */
export interface NewDomainInput extends DomainInput {
  /** Whose it is; when absent, the tenant who adds it, or the default one. */
  readonly tenant?: string | undefined;
}

const notHisToTake = forbidden(
  "A domain of one word, or below a domain of somebody else, is added by whoever runs the server.",
);

/**
 * May he take it? A name of one word can complete what others type (SDPS), and what lies below a domain reads
 * as its owner's.
 */
async function isHisToTake(
  { tenants }: Pick<OperationPorts, "tenants">,
  scope: Scope,
  name: string,
): Promise<boolean | RegistryFault> {
  if (scope.role !== "tenant") return true;
  const labels = name.split(".");
  if (labels.length === 1) return false;
  for (let from = 1; from < labels.length; from += 1) {
    const tenant = await tenants.tenantOf(labels.slice(from).join("."));
    if (isRegistryFault(tenant)) return tenant;
    if (tenant !== undefined) return tenant === scope.tenant;
  }
  return true;
}

/** Takes a domain under care: from now on logins can be added in it. */
export const addDomain: Operation<NewDomainInput, DomainEntry> = defineOperation({
  name: "add-domain",
  inputSchema: z.strictObject({ name: domainName(), tenant: tenantName().optional() }),
  reach: ({ tenant }) => (tenant === undefined ? [] : [{ tenant }]),
  subject: ({ name }) => name,
  perform: async (ports, { name, tenant }, { scope }) => {
    const isHis = await isHisToTake(ports, scope, name);
    if (isHis !== true) return isRegistryFault(isHis) ? isHis : notHisToTake;
    const { registry } = ports;
    const domain = await registry.addDomain(
      name,
      tenant ?? (scope.role === "tenant" ? scope.tenant : undefined),
    );
    return isRegistryFault(domain) ? domain : domainEntry(domain);
  },
});
