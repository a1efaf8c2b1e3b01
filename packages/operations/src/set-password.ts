import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { loginName, password } from "./fields.ts";
import { loginNamed } from "./login-named.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { isOperationFault, noSecretKey } from "./operation-fault.ts";

/** A new password of a login. */
export interface PasswordInput {
  readonly name: string;
  readonly password: string;
  /** Keep it, sealed, for APOP, CRAM-MD5 and DIGEST-MD5, too; when absent, as it was with the old one. */
  readonly isSharedSecret?: boolean | undefined;
}

/**
 * Changes the password of a login; the old one, and all that was made from it, is worth nothing from then on.
 */
export const setPassword: Operation<PasswordInput, undefined> = defineOperation({
  name: "set-password",
  inputSchema: z.strictObject({
    name: loginName(),
    password: password(),
    isSharedSecret: z.boolean().optional(),
  }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async (ports, { name, ...input }) => {
    const login = await loginNamed(ports, name);
    if (isOperationFault(login)) return login;
    const { registry, maker } = ports;
    const isSharedSecret =
      input.isSharedSecret ?? login.credentials.some(({ kind }) => kind === "shared-secret");
    if (isSharedSecret && !maker.canSeal) return noSecretKey;
    const { passwordVerifier, others } = await maker.ofPassword(input.password, { isSharedSecret });
    const changed = await registry.setPassword(name, passwordVerifier, others);
    return isRegistryFault(changed) ? changed : undefined;
  },
});
