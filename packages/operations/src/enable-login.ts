import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import type { LoginInput } from "./show-login.ts";

/** Lets a login in again that was disabled. */
export const enableLogin: Operation<LoginInput, undefined> = defineOperation({
  name: "enable-login",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ registry }, { name }) => registry.setDisabled(name, false),
});
