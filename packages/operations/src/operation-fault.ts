import type { RegistryFault } from "@poplar/maildrop";

/** Why a use case was not done. A stable word: the API's error code and the command line's. */
export type OperationFaultCode =
  | "invalid-input"
  | "forbidden"
  | "not-proven"
  | "busy"
  | "already-exists"
  | "not-found"
  | "not-empty"
  | "too-many"
  | "over-quota"
  | "message-too-big"
  | "not-delivered"
  | "no-secret-key"
  | "lease-store-down"
  | "storage-down";

/** A use case that was not done, and a sentence for the operator. */
export interface OperationFault {
  readonly operationFault: OperationFaultCode;
  readonly message: string;
  /** For the log, never for the caller. */
  readonly cause?: unknown;
}

/** Tells a fault from a result. */
export const isOperationFault = (value: unknown): value is OperationFault =>
  typeof value === "object" && value !== null && "operationFault" in value;

/** What the registry says, in a sentence. */
export function faultOfRegistry(fault: RegistryFault): OperationFault {
  const operationFault = fault.registryFault;
  switch (fault.registryFault) {
    case "already-exists":
      return { operationFault, message: `${fault.name} exists already.` };
    case "not-found":
      return { operationFault, message: `There is no ${nounOf(fault.name)} ${fault.name}.` };
    case "not-empty":
      return { operationFault, message: `${fault.name} still has ${fault.count} ${contentOf(fault)}.` };
    case "too-many":
      return {
        operationFault,
        message: `${fault.name} has ${fault.max} credentials, and may not have more.`,
      };
    case "storage-down":
      return storageDown(fault.cause);
  }
}

/** A secret would have to be kept, and there is no key to seal it with. */
export const noSecretKey: OperationFault = {
  operationFault: "no-secret-key",
  message: "The server has no key to seal secrets with; give it one and restart it.",
};

/** The store cannot be reached. */
export const storageDown = (cause: unknown): OperationFault => ({
  operationFault: "storage-down",
  message: "The database cannot be reached; nothing was changed. Try again when it is back.",
  cause,
});

const nounOf = (name: string): string => (name.includes("@") ? "login or address" : "domain");

function contentOf({ name, count }: { readonly name: string; readonly count: number }): string {
  return `${name.includes("@") ? "message" : "login"}${count === 1 ? "" : "s"}`;
}
