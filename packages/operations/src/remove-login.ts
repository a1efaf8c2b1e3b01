import { isRegistryFault, type MaildropFate } from "@poplar/maildrop";
import { z } from "zod";
import { endSessionsOf } from "./end-sessions.ts";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import type { EndedSessions } from "./session-entry.ts";

/** A login that shall go. */
export interface RemoveLoginInput {
  readonly name: string;
  /** What becomes of its mail; `refuse-unless-empty` when absent. */
  readonly fate?: MaildropFate | undefined;
}

const fates = ["refuse-unless-empty", "purge", "keep"] as const satisfies readonly MaildropFate[];

/** Removes a login, and ends what it has open. */
export const removeLogin: Operation<RemoveLoginInput, EndedSessions> = defineOperation({
  name: "remove-login",
  inputSchema: z.strictObject({
    name: loginName(),
    fate: z.enum(fates, { error: `must be one of ${fates.join(", ")}` }).default("refuse-unless-empty"),
  }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async (ports, { name, fate }) => {
    const removed = await ports.registry.removeLogin(name, fate);
    return isRegistryFault(removed) ? removed : endSessionsOf(ports, name);
  },
});
