import { z } from "zod";
import { loginName, quotaOctets } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** A limit for a maildrop. */
export interface QuotaInput {
  readonly login: string;
  /** `null`: no limit. */
  readonly quotaOctets: number | null;
}

/** Limits what the maildrop of a login may hold. What is there already stays. */
export const setQuota: Operation<QuotaInput, undefined> = defineOperation({
  name: "set-quota",
  inputSchema: z.strictObject({ login: loginName(), quotaOctets: quotaOctets() }),
  reach: ({ login }) => [{ login }],
  subject: ({ login }) => login,
  perform: async ({ registry }, input) => registry.setQuota(input.login, input.quotaOctets ?? undefined),
});
