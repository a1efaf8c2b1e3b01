import type { MaildropFate } from "@poplar/maildrop";
import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** A login that shall go. */
export interface RemoveLoginInput {
  readonly name: string;
  /** What becomes of its mail; `refuse-unless-empty` when absent. */
  readonly fate?: MaildropFate | undefined;
}

const fates = ["refuse-unless-empty", "purge", "keep"] as const satisfies readonly MaildropFate[];

/** Removes a login. */
export const removeLogin: Operation<RemoveLoginInput, undefined> = defineOperation({
  name: "remove-login",
  inputSchema: z.strictObject({
    name: loginName(),
    fate: z.enum(fates, { error: `must be one of ${fates.join(", ")}` }).default("refuse-unless-empty"),
  }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ registry }, { name, fate }) => registry.removeLogin(name, fate),
});
