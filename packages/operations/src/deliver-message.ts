import { randomUUID } from "node:crypto";
import { z } from "zod";
import { loginName, messageSource, reversePath } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import type { DeliveredCopy } from "./ports.ts";
import { faultOfRefusal } from "./refused-copy.ts";

/** A message and whom it is for. */
export interface NewMessageInput {
  /** An address of the recipient. */
  readonly recipient: string;
  /** Where bounces go; empty, for the null reverse-path, when absent. */
  readonly reversePath?: string | undefined;
  /** The message as a file holds it: any line ends, no dot-stuffing. Read once, to its end. */
  readonly source: AsyncIterable<Uint8Array>;
}

/** Puts a message into a maildrop as if it had come over LMTP. Durable when it resolves. */
export const deliverMessage: Operation<NewMessageInput, DeliveredCopy> = defineOperation({
  name: "deliver-message",
  inputSchema: z.strictObject({
    recipient: loginName(),
    reversePath: reversePath().default(""),
    source: messageSource(),
  }),
  reach: ({ recipient }) => [{ login: recipient }],
  subject: ({ recipient }) => recipient,
  perform: async ({ deliverer }, input) => {
    const id = randomUUID();
    const origin = { sessionId: id, id, reversePath: input.reversePath, protocol: "HTTP" };
    const resolved = await deliverer.resolve(origin, input.recipient);
    if ("refusal" in resolved) return faultOfRefusal(resolved);
    const [copy] = await deliverer.deliver(origin, [resolved], input.source);
    if (copy === undefined) throw new Error("The deliverer answered for nobody.");
    return "refusal" in copy ? faultOfRefusal(copy) : copy;
  },
});
