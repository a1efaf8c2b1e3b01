import { isRegistryFault, type NewCredential } from "@poplar/maildrop";
import { z } from "zod";
import { loginName, password } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { noSecretKey } from "./operation-fault.ts";
import type { LoginInput } from "./show-login.ts";

/** The label of the credentials that are made from it. */
const second = "second";
/** What is made from a second password. SCRAM and DIGEST-MD5 ask for one secret, and that is the first. */
const kinds = ["password", "shared-secret"] as const;

/** A second password of a login. */
export interface SecondPasswordInput {
  readonly name: string;
  readonly password: string;
  /** Keep it, sealed, for APOP and CRAM-MD5, too; default: no. */
  readonly isSharedSecret?: boolean | undefined;
}

/**
 * SDPS: gives a login, usually that of a host, a second password that opens the same, or another one in its
 * place.
 */
export const setSecondPassword: Operation<SecondPasswordInput, undefined> = defineOperation({
  name: "set-second-password",
  inputSchema: z.strictObject({
    name: loginName(),
    password: password(),
    isSharedSecret: z.boolean().default(false),
  }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials, maker }, { name, ...input }) => {
    const { isSharedSecret } = input;
    if (isSharedSecret && !maker.canSeal) return noSecretKey;
    const { passwordVerifier, others } = await maker.ofPassword(input.password, { isSharedSecret });
    const removed = await credentials.removeCredentials(name, kinds, second);
    if (isRegistryFault(removed) && removed.registryFault !== "not-found") return removed;
    const made: readonly NewCredential[] = [{ kind: "password", verifier: passwordVerifier }, ...others];
    for (const { kind, verifier } of made.filter((each) => kinds.some((wanted) => wanted === each.kind))) {
      const added = await credentials.addCredential(name, { kind, verifier, label: second });
      if (isRegistryFault(added)) return added;
    }
    return undefined;
  },
});

/** Takes the second password away. */
export const removeSecondPassword: Operation<LoginInput, undefined> = defineOperation({
  name: "remove-second-password",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials }, { name }) => credentials.removeCredentials(name, kinds, second),
});
