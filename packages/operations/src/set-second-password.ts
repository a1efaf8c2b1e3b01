import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { loginName, password } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import type { LoginInput } from "./show-login.ts";

/** The label of the credentials that are made from it. */
const second = "second";

/** A second password of a login. */
export interface SecondPasswordInput {
  readonly name: string;
  readonly password: string;
}

/**
 * SDPS: gives a login, usually that of a host, a second password that opens the same, or another one in its
 * place.
 */
export const setSecondPassword: Operation<SecondPasswordInput, undefined> = defineOperation({
  name: "set-second-password",
  inputSchema: z.strictObject({ name: loginName(), password: password() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials, maker }, { name, ...input }) => {
    const { passwordVerifier: verifier } = await maker.ofPassword(input.password, { isSharedSecret: false });
    const removed = await credentials.removeCredentials(name, ["password"], second);
    if (isRegistryFault(removed) && removed.registryFault !== "not-found") return removed;
    const added = await credentials.addCredential(name, { kind: "password", verifier, label: second });
    return isRegistryFault(added) ? added : undefined;
  },
});

/** Takes the second password away. */
export const removeSecondPassword: Operation<LoginInput, undefined> = defineOperation({
  name: "remove-second-password",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials }, { name }) => credentials.removeCredentials(name, ["password"], second),
});
