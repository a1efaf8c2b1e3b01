import { z } from "zod";
import type { DomainInput } from "./add-domain.ts";
import { domainName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** Gives a domain up; refused while it has logins. */
export const removeDomain: Operation<DomainInput, undefined> = defineOperation({
  name: "remove-domain",
  inputSchema: z.strictObject({ name: domainName() }),
  reach: ({ name }) => [{ domain: name }],
  subject: ({ name }) => name,
  perform: async ({ registry }, { name }) => registry.removeDomain(name),
});
