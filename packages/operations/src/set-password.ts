import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { endSessionsOf, noneEnded } from "./end-sessions.ts";
import { loginName, password } from "./fields.ts";
import { loginNamed } from "./login-named.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { isOperationFault, noSecretKey } from "./operation-fault.ts";
import type { EndedSessions } from "./session-entry.ts";

/** A new password of a login. */
export interface PasswordInput {
  readonly name: string;
  readonly password: string;
  /** Keep it, sealed, for APOP, CRAM-MD5 and DIGEST-MD5, too; when absent, as it was with the old one. */
  readonly isSharedSecret?: boolean | undefined;
  /** Leave the app passwords as they are; when absent they go. */
  readonly keepsAppPasswords?: boolean | undefined;
  /** Let sessions that are open go on; when absent they are ended. */
  readonly keepsSessions?: boolean | undefined;
}

/** What a change of a password has done beside it. */
export interface ChangedPassword extends EndedSessions {
  readonly revokedAppPasswords: number;
  /** These still open the login. */
  readonly keptAppPasswords: number;
}

/**
 * Changes the password of a login; the old one, and all that was made from it, is worth nothing from then on.
 *
 * App passwords and open sessions go with it unless told otherwise: who knew the old password could make
 * them, and whoever sets a new one for somebody else cannot tell which are the owner's.
 */
export const setPassword: Operation<PasswordInput, ChangedPassword> = defineOperation({
  name: "set-password",
  inputSchema: z.strictObject({
    name: loginName(),
    password: password(),
    isSharedSecret: z.boolean().optional(),
    keepsAppPasswords: z.boolean().default(false),
    keepsSessions: z.boolean().default(false),
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
    const changed = await registry.setPassword(name, passwordVerifier, others, {
      revokesAppPasswords: !input.keepsAppPasswords,
    });
    if (isRegistryFault(changed)) return changed;
    return { ...changed, ...(input.keepsSessions ? noneEnded : await endSessionsOf(ports, name)) };
  },
});
