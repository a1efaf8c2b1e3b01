import { type HiddenMessage, isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { loginName, uniqueId } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { numberedPageFields, type PageInput, pageOf, type Slice, sliceOf } from "./page.ts";

/** Whose deleted messages. */
export interface HiddenInput extends PageInput {
  readonly login: string;
}

/** A deleted message that can be restored. Times are ISO 8601 in UTC. */
export interface HiddenEntry {
  readonly uid: number;
  readonly uniqueId: string;
  readonly octets: number;
  readonly receivedAt: string;
  readonly hiddenAt: string;
  readonly keepUntil: string;
  readonly deletedBy: string;
  readonly sessionId: string;
}

/** Which of them; all when `uniqueIds` is absent. */
export interface HiddenChoice {
  readonly login: string;
  readonly uniqueIds?: readonly string[] | undefined;
}

/** How many messages it was. */
export interface MessagesCount {
  readonly messages: number;
}

const choiceSchema = z.strictObject({
  login: loginName(),
  uniqueIds: z
    .array(uniqueId(), { error: "must be a list" })
    .min(1, { error: "must name at least one message" })
    .max(1000, { error: "must name at most 1000 messages" })
    .optional(),
});

/** Deleted messages that can be restored, in the order in which they had come. */
export const listHidden: Operation<HiddenInput, Slice<HiddenEntry>> = defineOperation({
  name: "list-hidden-messages",
  inputSchema: z.strictObject({ login: loginName(), ...numberedPageFields }),
  reach: ({ login }) => [{ login }],
  perform: async ({ keeper }, { login, ...page }) => {
    const hidden = await keeper.listHidden(login, pageOf(page));
    return isRegistryFault(hidden)
      ? hidden
      : sliceOf(hidden, page.limit, hiddenEntry, ({ uid }) => String(uid));
  },
});

/** Brings deleted messages back, with the unique-ids that they had. */
export const restoreMessages: Operation<HiddenChoice, MessagesCount> = defineOperation({
  name: "restore-messages",
  inputSchema: choiceSchema,
  reach: ({ login }) => [{ login }],
  subject: ({ login }) => login,
  perform: async ({ keeper }, { login, uniqueIds }) =>
    counted(await keeper.restore(login, uniqueIds ?? "all")),
});

/** Removes deleted messages for good. */
export const purgeMessages: Operation<HiddenChoice, MessagesCount> = defineOperation({
  name: "purge-messages",
  inputSchema: choiceSchema,
  reach: ({ login }) => [{ login }],
  subject: ({ login }) => login,
  perform: async ({ keeper }, { login, uniqueIds }) => counted(await keeper.purge(login, uniqueIds ?? "all")),
});

const counted = <Fault extends object>(outcome: number | Fault): MessagesCount | Fault =>
  typeof outcome === "number" ? { messages: outcome } : outcome;

const hiddenEntry = (message: HiddenMessage): HiddenEntry => ({
  uid: message.uid,
  uniqueId: message.uniqueId,
  octets: message.octets,
  receivedAt: message.receivedAt.toISOString(),
  hiddenAt: message.hiddenAt.toISOString(),
  keepUntil: message.keepUntil.toISOString(),
  deletedBy: message.login,
  sessionId: message.sessionId,
});
