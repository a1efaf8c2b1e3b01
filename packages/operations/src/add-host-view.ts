import { domainOf, isRegistryFault, type NewCredential } from "@poplar/maildrop";
import { z } from "zod";
import { type LoginEntry, loginEntry } from "./entries.ts";
import { loginAddress, password } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { noSecretKey } from "./operation-fault.ts";

/** A login for one local part of a host, to be. */
export interface NewHostViewInput {
  readonly name: string;
  /** Beside the passwords of the host, which open it, too. */
  readonly password?: string | undefined;
  readonly isSharedSecret?: boolean | undefined;
}

/** SDPS: makes a login of its own for one local part of a host. */
export const addHostView: Operation<NewHostViewInput, LoginEntry> = defineOperation({
  name: "add-host-view",
  inputSchema: z.strictObject({
    name: loginAddress(),
    password: password().optional(),
    isSharedSecret: z.boolean().default(false),
  }),
  reach: ({ name }) => [{ domain: domainOf(name) }],
  subject: ({ name }) => name,
  perform: async ({ credentials, maker }, { name, isSharedSecret, ...input }) => {
    if (isSharedSecret && !maker.canSeal) return noSecretKey;
    let own: readonly NewCredential[] = [];
    if (input.password !== undefined) {
      const made = await maker.ofPassword(input.password, { isSharedSecret });
      own = [{ kind: "password", verifier: made.passwordVerifier }, ...made.others];
    }
    const login = await credentials.addHostView({ name, credentials: own });
    return isRegistryFault(login) ? login : loginEntry(login);
  },
});
