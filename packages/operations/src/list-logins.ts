import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type LoginEntry, loginEntry } from "./entries.ts";
import { domainName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { type PageInput, pageFields, pageOf, type Slice, sliceOf } from "./page.ts";

/** Which logins. */
export interface LoginsInput extends PageInput {
  /** Of this domain only. */
  readonly domain?: string | undefined;
}

/** The logins, by name. */
export const listLogins: Operation<LoginsInput, Slice<LoginEntry>> = defineOperation({
  name: "list-logins",
  inputSchema: z.strictObject({ domain: domainName().optional(), ...pageFields }),
  reach: ({ domain }) => (domain === undefined ? [] : [{ domain }]),
  perform: async ({ registry }, { domain, ...page }, { scope }) => {
    const logins = await registry.listLogins(domain, pageOf(page), scope);
    if (isRegistryFault(logins)) return logins;
    return sliceOf(logins, page.limit, loginEntry, ({ name }) => name);
  },
});
