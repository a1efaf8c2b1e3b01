import { domainOf, isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type LoginEntry, loginEntry } from "./entries.ts";
import { loginAddress, password, quotaOctets } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { noSecretKey } from "./operation-fault.ts";

/** A login to be. */
export interface NewLoginInput {
  readonly name: string;
  readonly password: string;
  /** Octets that its maildrop may hold; no limit when absent or `null`. */
  readonly quotaOctets?: number | null | undefined;
  /** Keep the password, sealed, for APOP, CRAM-MD5 and DIGEST-MD5, too. */
  readonly isSharedSecret?: boolean | undefined;
}

/** Makes a login with its maildrop and its address. */
export const addLogin: Operation<NewLoginInput, LoginEntry> = defineOperation({
  name: "add-login",
  inputSchema: z.strictObject({
    name: loginAddress(),
    password: password(),
    quotaOctets: quotaOctets().optional(),
    isSharedSecret: z.boolean().default(false),
  }),
  reach: ({ name }) => [{ domain: domainOf(name) }],
  subject: ({ name }) => name,
  perform: async ({ registry, maker }, { name, isSharedSecret, ...input }) => {
    if (isSharedSecret && !maker.canSeal) return noSecretKey;
    const { passwordVerifier, others } = await maker.ofPassword(input.password, { isSharedSecret });
    const login = await registry.addLogin({
      name,
      passwordVerifier,
      credentials: others,
      quotaOctets: input.quotaOctets ?? undefined,
    });
    return isRegistryFault(login) ? login : loginEntry(login);
  },
});
