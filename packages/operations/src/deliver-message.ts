import { randomUUID } from "node:crypto";
import { z } from "zod";
import { loginName, reversePath } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { faultOfRegistry, type OperationFault, storageDown } from "./operation-fault.ts";
import type { DeliveredCopy, RefusedCopy } from "./ports.ts";

/** A message and whom it is for. */
export interface NewMessageInput {
  /** An address of the recipient. */
  readonly recipient: string;
  /** Where bounces go; empty, for the null reverse-path, when absent. */
  readonly reversePath?: string | undefined;
  /** The message as a file holds it: any line ends, no dot-stuffing. Read once, to its end. */
  readonly source: AsyncIterable<Uint8Array>;
}

const isSource = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/** Puts a message into a maildrop as if it had come over LMTP. Durable when it resolves. */
export const deliverMessage: Operation<NewMessageInput, DeliveredCopy> = defineOperation({
  name: "deliver-message",
  inputSchema: z.strictObject({
    recipient: loginName(),
    reversePath: reversePath().default(""),
    source: z.custom<AsyncIterable<Uint8Array>>(isSource, { error: "must be a stream of octets" }),
  }),
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

function faultOfRefusal({ recipient, refusal }: RefusedCopy): OperationFault {
  const { reason, cause } = refusal;
  switch (reason) {
    case "unknown-recipient":
      return faultOfRegistry({ registryFault: "not-found", name: recipient });
    case "over-quota":
      return { operationFault: "over-quota", message: `The maildrop of ${recipient} is full.` };
    case "message-too-big":
      return { operationFault: "message-too-big", message: "The message is larger than the server takes." };
    case "storage-down":
      return storageDown(cause);
    default:
      return {
        operationFault: "not-delivered",
        message: `The message was not taken (${reason}); nothing was stored.`,
        cause,
      };
  }
}
