import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type DomainEntry, domainEntry } from "./entries.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { type PageInput, pageFields, pageOf, type Slice, sliceOf } from "./page.ts";

/** The domains, by name. */
export const listDomains: Operation<PageInput, Slice<DomainEntry>> = defineOperation({
  name: "list-domains",
  inputSchema: z.strictObject(pageFields),
  reach: () => [],
  perform: async ({ registry }, page, { scope }) => {
    const domains = await registry.listDomains(pageOf(page), scope);
    if (isRegistryFault(domains)) return domains;
    return sliceOf(domains, page.limit, domainEntry, ({ name }) => name);
  },
});
