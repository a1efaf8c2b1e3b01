import { z } from "zod";
import { address } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** Which address. */
export interface AddressInput {
  readonly address: string;
}

/** Takes no more mail for an address; what came over it stays. */
export const removeAddress: Operation<AddressInput, undefined> = defineOperation({
  name: "remove-address",
  inputSchema: z.strictObject({ address: address() }),
  reach: (input) => [{ login: input.address }],
  subject: (input) => input.address,
  perform: async ({ registry }, input) => registry.removeAddress(input.address),
});
