import { faultOfRegistry, type OperationFault, storageDown } from "./operation-fault.ts";
import type { RefusedCopy } from "./ports.ts";

/** Why a message was not taken, in a sentence. */
export function faultOfRefusal({ recipient, refusal }: RefusedCopy): OperationFault {
  const { reason, cause } = refusal;
  switch (reason) {
    case "unknown-recipient":
      return faultOfRegistry({ registryFault: "not-found", name: recipient });
    case "over-quota":
      return { operationFault: "over-quota", message: `The maildrop of ${recipient} is full.` };
    case "message-too-big":
      return { operationFault: "message-too-big", message: "The message is larger than the server takes." };
    case "unique-id-used":
      return {
        operationFault: "already-exists",
        message: `The maildrop of ${recipient} has, or has had, a message with this unique-id.`,
      };
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
