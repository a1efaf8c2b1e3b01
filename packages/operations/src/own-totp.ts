import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { noSecretKey } from "./operation-fault.ts";
import type { LoginInput } from "./show-login.ts";
import type { TotpEnrolment } from "./totp.ts";

/** What an authenticator app is told, and what the server wants back with the first code. */
export interface PendingTotp extends TotpEnrolment {
  /** The secret, sealed: only the server can read it. */
  readonly pending: string;
}

/** The first code that an app shows. */
export interface TotpConfirmation {
  readonly name: string;
  readonly pending: string;
  readonly code: string;
  /** May a code stand at the end of the password, for programs that know of no second factor? */
  readonly mayFollowPassword?: boolean | undefined;
}

/** Makes a secret for the owner's app. It is kept nowhere: who never confirms it has changed nothing. */
export const beginTotp: Operation<LoginInput, PendingTotp> = defineOperation({
  name: "begin-totp",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  perform: async ({ maker }, { name }) => {
    if (!maker.canSeal) return noSecretKey;
    const { secret, uri, credential } = maker.enrolTotp(name, { mayFollowPassword: false });
    return { secret, uri, pending: credential.verifier };
  },
});

/**
 * Switches one-time codes on, now that the app is seen to show them: nobody locks himself out. The code that
 * was shown is used up by it, on every node: the next login wants another one. RFC 6238 §5.2.
 */
export const confirmTotp: Operation<TotpConfirmation, undefined> = defineOperation({
  name: "confirm-totp",
  inputSchema: z.strictObject({
    name: loginName(),
    pending: z.string({ error: "must be text" }).max(1000, { error: "is too long" }),
    code: z.string({ error: "must be text" }).max(6, { error: "is too long" }),
    mayFollowPassword: z.boolean().default(false),
  }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials, maker }, { name, pending: verifier, code, mayFollowPassword }) => {
    if (!maker.canSeal) return noSecretKey;
    const lastStep = maker.totpStep({ verifier }, code);
    if (lastStep === undefined) {
      return {
        operationFault: "not-proven",
        message: "This is not the code of the secret that was begun with.",
      };
    }
    const { credential } = maker.enrolTotp(name, { mayFollowPassword });
    const added = await credentials.addCredential(name, { ...credential, verifier, lastStep });
    return isRegistryFault(added) ? added : undefined;
  },
});
