import { isRegistryFault, type View } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { z } from "zod";
import { type MaildropEntry, maildropEntry } from "./entries.ts";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { faultOfRegistry, storageDown } from "./operation-fault.ts";

/** Which login. */
export interface LoginInput {
  readonly name: string;
}

/** A login with what it opens. */
export interface LoginDetail {
  readonly name: string;
  readonly isDisabled: boolean;
  readonly view: View;
  /** The kinds of its credentials, e.g. `password`. */
  readonly credentials: readonly string[];
  readonly maildrop: MaildropEntry;
}

/** One login with what it opens. */
export const showLogin: Operation<LoginInput, LoginDetail> = defineOperation({
  name: "show-login",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  perform: async ({ directory, registry }, { name }) => {
    const login = await directory.findLogin(name);
    if (login === undefined) return faultOfRegistry({ registryFault: "not-found", name });
    if (isFault(login)) return storageDown("cause" in login ? login.cause : login);
    const maildrop = await registry.showMaildrop(name);
    if (isRegistryFault(maildrop)) return maildrop;
    const { isDisabled, view } = login;
    const credentials = login.credentials.map(({ kind }) => kind);
    return { name, isDisabled, view, credentials, maildrop: maildropEntry(maildrop) };
  },
});
