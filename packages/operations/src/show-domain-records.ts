import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import type { DomainInput } from "./add-domain.ts";
import { type DomainRecord, type DomainServices, domainRecords } from "./domain-records.ts";
import { domainName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { isOperationFault } from "./operation-fault.ts";

/** What a server offers to every domain. */
export type PublicPorts = Pick<DomainServices, "popHost" | "pop3Port" | "pop3sPort" | "submissionHost">;

/**
 * The records to publish for a domain, as this server offers its services. Who takes its mail in is not
 * known here: MX records are left to the operator.
 */
export const showDomainRecords = (
  services: PublicPorts,
): Operation<DomainInput, { readonly entries: readonly DomainRecord[] }> =>
  defineOperation({
    name: "show-domain-records",
    inputSchema: z.strictObject({ name: domainName() }),
    reach: ({ name }) => [{ domain: name }],
    perform: async ({ registry }, { name: domain }) => {
      const isKnown = await registry.hasDomain(domain);
      if (isRegistryFault(isKnown)) return isKnown;
      if (!isKnown) return { registryFault: "not-found", name: domain };
      const { popHost, pop3Port, pop3sPort, submissionHost } = services;
      const records = domainRecords({ domain, popHost, pop3Port, pop3sPort, submissionHost, mxHosts: [] });
      return isOperationFault(records) ? records : { entries: records };
    },
  });
