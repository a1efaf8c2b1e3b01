import type { DeliveryFault } from "@poplar/maildrop";

/** Why a recipient has no copy. */
export interface Refusal {
  /** Reason id of logs and metrics. */
  readonly reason:
    | DeliveryFault["deliveryFault"]
    | "message-too-big"
    /** The source failed before the message's end, as when a client leaves. */
    | "message-cut-short"
    /** The messages that are coming in take all that the spool may. */
    | "spool-full"
    /** The disk below the spool is full or broken. */
    | "spool-failed"
    | "internal-error";
  /** What is behind it when it was not the client's doing: for the log, never for the client. */
  readonly cause?: unknown;
}

/** Tells a refusal from what there is when there is none. */
export const isRefusal = (value: object): value is Refusal => "reason" in value;

/** What the store says, as a refusal. */
export function refusalOf(fault: DeliveryFault): Refusal {
  const reason = fault.deliveryFault;
  return "cause" in fault ? { reason, cause: fault.cause } : { reason };
}
