import { z } from "zod";
import { loginName, password } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** A new password of a login. */
export interface PasswordInput {
  readonly name: string;
  readonly password: string;
}

/** Changes the password of a login; the old one is worth nothing from then on. */
export const setPassword: Operation<PasswordInput, undefined> = defineOperation({
  name: "set-password",
  inputSchema: z.strictObject({ name: loginName(), password: password() }),
  subject: ({ name }) => name,
  perform: async ({ registry, hashPassword }, input) =>
    registry.setPassword(input.name, await hashPassword(input.password)),
});
