import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type MaildropEntry, maildropEntry } from "./entries.ts";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** Whose maildrop. */
export interface MaildropInput {
  readonly login: string;
}

/** How much mail the maildrop of a login holds. */
export const showMaildrop: Operation<MaildropInput, MaildropEntry> = defineOperation({
  name: "show-maildrop",
  inputSchema: z.strictObject({ login: loginName() }),
  reach: ({ login }) => [{ login }],
  perform: async ({ registry }, { login }) => {
    const maildrop = await registry.showMaildrop(login);
    return isRegistryFault(maildrop) ? maildrop : maildropEntry(maildrop);
  },
});
