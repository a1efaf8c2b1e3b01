import type { MailPolicy } from "@poplar/maildrop";
import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/**
 * What POP shows of a login's maildrop, and what becomes of mail there; what is absent is nothing in
 * particular.
 */
export interface MailPolicyInput {
  readonly name: string;
  /** Mail is removed after so many days. */
  readonly retentionDays?: number | undefined;
  /** So many seconds have to lie between two logins. */
  readonly loginDelaySeconds?: number | undefined;
  /** The newest messages so many, or those of the last days: not both. */
  readonly seesNewest?: number | undefined;
  readonly seesDays?: number | undefined;
  /** What the program has not fetched yet, told from others by its app password; not with the other two. */
  readonly seesUnfetched?: boolean | undefined;
  /** What was retrieved is removed at QUIT. */
  readonly removesRetrieved?: boolean | undefined;
  /** `remove` when absent. */
  readonly deletion?: "remove" | "hide" | "ignore" | undefined;
  /** How long hidden mail can be restored; 14 when absent. */
  readonly undoDays?: number | undefined;
}

/** A policy, as it is shown. */
export type MailPolicyEntry = MailPolicy;

const undoDaysUsual = 14;

const whole = (most: number, noun: string): z.ZodType<number | undefined, number | undefined> =>
  z
    .int({ error: `must be a whole number of ${noun}` })
    .min(0, { error: "must not be negative" })
    .max(most, { error: `must be at most ${most}` })
    .optional();

const isOneView = ({ seesNewest, seesDays, seesUnfetched }: Omit<MailPolicyInput, "name">): boolean =>
  [seesNewest !== undefined, seesDays !== undefined, seesUnfetched].filter(Boolean).length <= 1;

/** Chooses a policy, in the place of the one before. */
export const setMailPolicy: Operation<MailPolicyInput, undefined> = defineOperation({
  name: "set-mail-policy",
  inputSchema: z
    .strictObject({
      name: loginName(),
      retentionDays: whole(36_500, "days"),
      loginDelaySeconds: whole(86_400, "seconds"),
      seesNewest: whole(10_000_000, "messages"),
      seesDays: whole(36_500, "days"),
      seesUnfetched: z.boolean({ error: "must be true or false" }).default(false),
      removesRetrieved: z.boolean({ error: "must be true or false" }).default(false),
      deletion: z
        .enum(["remove", "hide", "ignore"], { error: "must be remove, hide or ignore" })
        .default("remove"),
      undoDays: whole(3650, "days"),
    })
    .refine(isOneView, {
      error: "A login sees the newest messages, those of the last days or those not fetched: one of these",
    }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ keeper }, { name, retentionDays, loginDelaySeconds, deletion, ...input }) =>
    keeper.setPolicy(name, {
      ...(retentionDays !== undefined && { retentionDays }),
      ...(loginDelaySeconds !== undefined && loginDelaySeconds > 0 && { loginDelaySeconds }),
      ...(input.seesNewest !== undefined && { sees: { newest: input.seesNewest } }),
      ...(input.seesDays !== undefined && { sees: { days: input.seesDays } }),
      ...(input.seesUnfetched && { sees: { unfetched: true } }),
      ...(input.removesRetrieved && { removesRetrieved: true }),
      ...(deletion === "hide" && { deletion: { way: "hide", days: input.undoDays ?? undoDaysUsual } }),
      ...(deletion === "ignore" && { deletion: { way: "ignore" } }),
    }),
});

/** Shows it. */
export const showMailPolicy: Operation<{ readonly name: string }, MailPolicyEntry> = defineOperation({
  name: "show-mail-policy",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  perform: async ({ keeper }, { name }) => keeper.showPolicy(name),
});
