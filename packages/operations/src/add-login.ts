import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type LoginEntry, loginEntry } from "./entries.ts";
import { loginName, password, quotaOctets } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** A login to be. */
export interface NewLoginInput {
  readonly name: string;
  readonly password: string;
  /** Octets that its maildrop may hold; no limit when absent or `null`. */
  readonly quotaOctets?: number | null | undefined;
}

/** Makes a login with its maildrop and its address. */
export const addLogin: Operation<NewLoginInput, LoginEntry> = defineOperation({
  name: "add-login",
  inputSchema: z.strictObject({
    name: loginName(),
    password: password(),
    quotaOctets: quotaOctets().optional(),
  }),
  subject: ({ name }) => name,
  perform: async ({ registry, hashPassword }, input) => {
    const login = await registry.addLogin({
      name: input.name,
      passwordVerifier: await hashPassword(input.password),
      quotaOctets: input.quotaOctets ?? undefined,
    });
    return isRegistryFault(login) ? login : loginEntry(login);
  },
});
