import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { endSessionsOf } from "./end-sessions.ts";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import type { EndedSessions } from "./session-entry.ts";
import type { LoginInput } from "./show-login.ts";

/** Shuts a login out, and ends what it has open; its mail stays and more is taken in. */
export const disableLogin: Operation<LoginInput, EndedSessions> = defineOperation({
  name: "disable-login",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async (ports, { name }) => {
    const disabled = await ports.registry.setDisabled(name, true);
    return isRegistryFault(disabled) ? disabled : endSessionsOf(ports, name);
  },
});
