import { z } from "zod";
import { address, loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** An address and whose mail it brings. */
export interface NewAddressInput {
  /** `*@example.test`: whatever no other address of the domain takes. */
  readonly address: string;
  readonly login: string;
}

/** Leads an address to the maildrop of a login. */
export const addAddress: Operation<NewAddressInput, undefined> = defineOperation({
  name: "add-address",
  inputSchema: z.strictObject({ address: address(), login: loginName() }),
  reach: (input) => [{ login: input.address }, { login: input.login }],
  subject: (input) => input.address,
  perform: async ({ registry }, input) => registry.addAddress(input.address, input.login),
});
