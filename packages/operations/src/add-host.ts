import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import type { NewLoginInput } from "./add-login.ts";
import { type LoginEntry, loginEntry } from "./entries.ts";
import { domainName, password, quotaOctets } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { noSecretKey } from "./operation-fault.ts";

/** SDPS: makes the login of a host, whose maildrop takes the mail of all its local parts, and its domain. */
export const addHost: Operation<NewLoginInput, LoginEntry> = defineOperation({
  name: "add-host",
  inputSchema: z.strictObject({
    name: domainName(),
    password: password(),
    quotaOctets: quotaOctets().optional(),
    isSharedSecret: z.boolean().default(false),
  }),
  reach: ({ name }) => [{ domain: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials, maker }, { name, isSharedSecret, ...input }) => {
    if (isSharedSecret && !maker.canSeal) return noSecretKey;
    const { passwordVerifier, others } = await maker.ofPassword(input.password, { isSharedSecret });
    const login = await credentials.addHost({
      name,
      passwordVerifier,
      credentials: others,
      quotaOctets: input.quotaOctets ?? undefined,
    });
    return isRegistryFault(login) ? login : loginEntry(login);
  },
});
