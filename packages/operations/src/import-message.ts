import { randomUUID } from "node:crypto";
import { z } from "zod";
import { loginAddress, loginName, messageSource, reversePath, uniqueId } from "./fields.ts";
import { loginNamed } from "./login-named.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { isOperationFault } from "./operation-fault.ts";
import type { DeliveredCopy } from "./ports.ts";
import { faultOfRefusal } from "./refused-copy.ts";

/** A message that another server has kept until now. */
export interface MessageImportInput {
  /** Whose maildrop it goes to. */
  readonly login: string;
  /** What clients know it by. Refused when the maildrop has used it before. */
  readonly uniqueId: string;
  /** When it came to the other server; ISO 8601. */
  readonly receivedAt: string;
  /** Where bounces would have gone; empty, for the null reverse-path, when absent. */
  readonly reversePath?: string | undefined;
  /** Whom it was for; the login itself, or the postmaster of a host, when absent. */
  readonly recipient?: string | undefined;
  /** The message as a file holds it: any line ends, no dot-stuffing. It stays as it is. */
  readonly source: AsyncIterable<Uint8Array>;
}

/** Takes a message over as it was: unique-id, time, octets. Durable when it resolves. */
export const importMessage: Operation<MessageImportInput, DeliveredCopy> = defineOperation({
  name: "import-message",
  inputSchema: z.strictObject({
    login: loginName(),
    uniqueId: uniqueId(),
    receivedAt: z.iso.datetime({ offset: true, error: "must be a time such as 2026-11-24T12:00:00Z" }),
    reversePath: reversePath().default(""),
    recipient: loginAddress().optional(),
    source: messageSource(),
  }),
  reach: ({ login }) => [{ login }],
  subject: ({ login }) => login,
  perform: async (ports, { login: name, uniqueId: known, receivedAt, ...input }) => {
    const login = await loginNamed(ports, name);
    if (isOperationFault(login)) return login;
    const id = randomUUID();
    const origin = { sessionId: id, id, reversePath: input.reversePath, protocol: "HTTP" };
    const recipient = input.recipient ?? (name.includes("@") ? name : `postmaster@${name}`);
    const resolved = { recipient, maildropId: login.maildropId };
    const [copy] = await ports.deliverer.deliver(origin, [resolved], input.source, {
      uniqueId: known,
      receivedAt: new Date(receivedAt),
    });
    if (copy === undefined) throw new Error("The deliverer answered for nobody.");
    return "refusal" in copy ? faultOfRefusal({ ...copy, recipient: name }) : copy;
  },
});
