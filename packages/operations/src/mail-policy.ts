import type { MailPolicy } from "@poplar/maildrop";
import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/**
 * What POP shows of a login's maildrop, and what becomes of mail there; what is absent is nothing in
 * particular.
 */
export interface MailPolicyInput extends PolicyFields {
  readonly name: string;
}

/** What is chosen. */
export interface PolicyFields {
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

const flag = (): z.ZodType<boolean | undefined, boolean | undefined> =>
  z.boolean({ error: "must be true or false" }).optional();

/** The fields of a policy, as they are checked. */
export const policyFields: {
  readonly [Name in keyof PolicyFields]-?: z.ZodType<PolicyFields[Name], PolicyFields[Name]>;
} = {
  retentionDays: whole(36_500, "days"),
  loginDelaySeconds: whole(86_400, "seconds"),
  seesNewest: whole(10_000_000, "messages"),
  seesDays: whole(36_500, "days"),
  seesUnfetched: flag(),
  removesRetrieved: flag(),
  deletion: z
    .enum(["remove", "hide", "ignore"], { error: "must be remove, hide or ignore" })
    .default("remove"),
  undoDays: whole(3650, "days"),
};

/** Checks that no two views are wanted at once. */
export const refineView = <Checked extends PolicyFields, Input>(
  schema: z.ZodType<Checked, Input>,
): z.ZodType<Checked, Input> =>
  schema.refine(
    ({ seesNewest, seesDays, seesUnfetched }) =>
      [seesNewest !== undefined, seesDays !== undefined, seesUnfetched].filter(Boolean).length <= 1,
    { error: "A login sees the newest messages, those of the last days or those not fetched: one of these" },
  );

/** The policy that these fields come to. */
export function policyFrom(fields: PolicyFields): MailPolicy {
  const { retentionDays, loginDelaySeconds, deletion } = fields;
  return {
    ...(retentionDays !== undefined && { retentionDays }),
    ...(loginDelaySeconds !== undefined && loginDelaySeconds > 0 && { loginDelaySeconds }),
    ...(fields.seesNewest !== undefined && { sees: { newest: fields.seesNewest } }),
    ...(fields.seesDays !== undefined && { sees: { days: fields.seesDays } }),
    ...(fields.seesUnfetched === true && { sees: { unfetched: true } }),
    ...(fields.removesRetrieved === true && { removesRetrieved: true }),
    ...(deletion === "hide" && { deletion: { way: "hide", days: fields.undoDays ?? undoDaysUsual } }),
    ...(deletion === "ignore" && { deletion: { way: "ignore" } }),
  };
}

/** Chooses a policy, in the place of the one before. */
export const setMailPolicy: Operation<MailPolicyInput, undefined> = defineOperation({
  name: "set-mail-policy",
  inputSchema: refineView(z.strictObject({ name: loginName(), ...policyFields })),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ keeper }, { name, ...fields }) => keeper.setPolicy(name, policyFrom(fields)),
});

/** Takes it away: the login follows its domain, or else the fleet. */
export const clearMailPolicy: Operation<{ readonly name: string }, undefined> = defineOperation({
  name: "clear-mail-policy",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ keeper }, { name }) => keeper.setPolicy(name, undefined),
});

/** Shows the policy that holds for a login: its own, its domain's, or the fleet's. */
export const showMailPolicy: Operation<{ readonly name: string }, MailPolicyEntry> = defineOperation({
  name: "show-mail-policy",
  inputSchema: z.strictObject({ name: loginName() }),
  reach: ({ name }) => [{ login: name }],
  perform: async ({ keeper }, { name }) => keeper.showPolicy(name),
});
