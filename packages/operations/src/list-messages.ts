import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type MessageEntry, messageEntry } from "./entries.ts";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { numberedPageFields, type PageInput, pageOf, type Slice, sliceOf } from "./page.ts";

/** Whose messages. */
export interface MessagesInput extends PageInput {
  readonly login: string;
}

/** The messages of a maildrop in the order in which they came: envelopes, never content. */
export const listMessages: Operation<MessagesInput, Slice<MessageEntry>> = defineOperation({
  name: "list-messages",
  inputSchema: z.strictObject({
    login: loginName(),
    ...numberedPageFields,
  }),
  reach: ({ login }) => [{ login }],
  perform: async ({ registry }, { login, ...page }) => {
    const messages = await registry.listMessages(login, pageOf(page));
    if (isRegistryFault(messages)) return messages;
    return sliceOf(messages, page.limit, messageEntry, ({ uid }) => String(uid));
  },
});
