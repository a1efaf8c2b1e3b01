import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import type { LoginInput } from "./show-login.ts";

/** Shuts a login out; its mail stays and more is taken in. */
export const disableLogin: Operation<LoginInput, undefined> = defineOperation({
  name: "disable-login",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ registry }, { name }) => registry.setDisabled(name, true),
});
