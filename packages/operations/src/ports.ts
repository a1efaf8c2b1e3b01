import type { LoginDirectory, Registry, ResolvedRecipient } from "@poplar/maildrop";
import type { ServiceEvents } from "@poplar/telemetry";

/** Where a message comes from. */
export interface MessageOrigin {
  /** Of the request that brought it; also in the events. */
  readonly sessionId: string;
  /** Names the message in its Received field. */
  readonly id: string;
  /** Without the angle brackets; empty for the null reverse-path. */
  readonly reversePath: string;
  readonly protocol: string;
}

/** A copy that is durable. */
export interface DeliveredCopy {
  readonly recipient: string;
  readonly maildropId: number;
  readonly uid: number;
}

/** A copy that was not taken. */
export interface RefusedCopy {
  readonly recipient: string;
  readonly refusal: { readonly reason: string; readonly cause?: unknown };
}

/** Takes messages in. Implemented by `delivery`. */
export interface Deliverer {
  /** Leads a recipient to its maildrop. */
  resolve(origin: MessageOrigin, recipient: string): Promise<ResolvedRecipient | RefusedCopy>;
  /** Stores a message for recipients that were resolved; one outcome for each, in order. */
  deliver(
    origin: MessageOrigin,
    recipients: readonly ResolvedRecipient[],
    source: AsyncIterable<Uint8Array>,
  ): Promise<readonly (DeliveredCopy | RefusedCopy)[]>;
}

/** What the use cases need. */
export interface OperationPorts {
  readonly registry: Registry;
  readonly directory: LoginDirectory;
  readonly deliverer: Deliverer;
  readonly events: Pick<ServiceEvents, "operationDone">;
  /** Makes the verifier that is stored for a password. Implemented by `auth`. */
  readonly hashPassword: (password: string) => Promise<string>;
}
