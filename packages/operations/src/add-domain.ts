import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type DomainEntry, domainEntry } from "./entries.ts";
import { domainName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** Which domain. */
export interface DomainInput {
  readonly name: string;
}

/** Takes a domain under care: from now on logins can be added in it. */
export const addDomain: Operation<DomainInput, DomainEntry> = defineOperation({
  name: "add-domain",
  inputSchema: z.strictObject({ name: domainName() }),
  subject: ({ name }) => name,
  perform: async ({ registry }, { name }) => {
    const domain = await registry.addDomain(name);
    return isRegistryFault(domain) ? domain : domainEntry(domain);
  },
});
