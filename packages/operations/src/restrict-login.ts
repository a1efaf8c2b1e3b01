import { z } from "zod";
import { loginName, networks } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** Under which circumstances a login opens at all; what is absent does not matter. */
export interface RestrictionsInput {
  readonly name: string;
  /** Names as in CAPA, `USER` and `APOP` beside them. */
  readonly mechanisms?: readonly string[] | undefined;
  readonly networks?: readonly string[] | undefined;
  readonly requiresTls?: boolean | undefined;
}

/** Restricts a login, in the place of whatever restricted it. */
export const restrictLogin: Operation<RestrictionsInput, undefined> = defineOperation({
  name: "restrict-login",
  inputSchema: z.strictObject({
    name: loginName(),
    mechanisms: z
      .array(z.string().regex(/^[A-Z0-9_-]{1,20}$/, { error: "must be names such as PLAIN" }))
      .min(1, { error: "must name at least one mechanism" })
      .max(30, { error: "must name at most 30 mechanisms" })
      .optional(),
    networks: networks().optional(),
    requiresTls: z.boolean().default(false),
  }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials }, { name, mechanisms, requiresTls, ...input }) =>
    credentials.setRestrictions(name, {
      ...(mechanisms === undefined ? {} : { mechanisms }),
      ...(input.networks === undefined ? {} : { networks: input.networks }),
      requiresTls,
    }),
});
