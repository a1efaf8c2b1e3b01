import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { noSecretKey } from "./operation-fault.ts";
import type { LoginInput } from "./show-login.ts";

/** Who shall have one-time codes. */
export interface EnrolTotpInput {
  readonly name: string;
  /** May a code stand at the end of the password, for programs that know of no second factor? */
  readonly mayFollowPassword?: boolean | undefined;
}

/** What an authenticator app is told, once. */
export interface TotpEnrolment {
  readonly secret: string;
  readonly uri: string;
}

/** Switches one-time codes on: from then on the password alone opens nothing, and app passwords do. */
export const enrolTotp: Operation<EnrolTotpInput, TotpEnrolment> = defineOperation({
  name: "enrol-totp",
  inputSchema: z.strictObject({ name: loginName(), mayFollowPassword: z.boolean().default(false) }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials, maker }, { name, mayFollowPassword }) => {
    if (!maker.canSeal) return noSecretKey;
    const { credential, secret, uri } = maker.enrolTotp(name, { mayFollowPassword });
    const added = await credentials.addCredential(name, credential);
    return isRegistryFault(added) ? added : { secret, uri };
  },
});

/** Switches them off: the password alone opens again. */
export const disableTotp: Operation<LoginInput, undefined> = defineOperation({
  name: "disable-totp",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials }, { name }) => credentials.removeCredentials(name, ["totp"], undefined),
});
