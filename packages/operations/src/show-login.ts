import { isRegistryFault, type View } from "@poplar/maildrop";
import { z } from "zod";
import { type MaildropEntry, maildropEntry } from "./entries.ts";
import { loginName } from "./fields.ts";
import { loginNamed } from "./login-named.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { isOperationFault } from "./operation-fault.ts";

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
  perform: async (ports, { name }) => {
    const login = await loginNamed(ports, name);
    if (isOperationFault(login)) return login;
    const maildrop = await ports.registry.showMaildrop(name);
    if (isRegistryFault(maildrop)) return maildrop;
    const { isDisabled, view } = login;
    const credentials = login.credentials.map(({ kind }) => kind);
    return { name, isDisabled, view, credentials, maildrop: maildropEntry(maildrop) };
  },
});
