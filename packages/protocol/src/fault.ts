import { type Reply, say } from "./reply.ts";
import type { SyntaxKey } from "./texts/text-key.ts";

/**
 * A failure we expect. Anything else is a bug and is thrown.
 *
 * The name of a fault is also its reason id: the stable word under which support finds it in the log and in
 * `docs/operating/reasons.md`. A cause goes to the log, never to the client.
 */
export type Fault =
  | { readonly fault: "unknown-command" }
  | { readonly fault: "wrong-state"; readonly verb: string }
  | { readonly fault: "syntax"; readonly detail: SyntaxKey; readonly values?: readonly string[] }
  | { readonly fault: "line-too-long" }
  | { readonly fault: "no-such-message" }
  | { readonly fault: "no-such-board" }
  | { readonly fault: "read-only" }
  | { readonly fault: "utf8-needed" }
  | { readonly fault: "unknown-language" }
  | { readonly fault: "tls-required" }
  | { readonly fault: "tls-active" }
  | { readonly fault: "tls-unavailable" }
  | { readonly fault: "bad-credentials" }
  | { readonly fault: "login-too-soon" }
  | { readonly fault: "mechanism-unavailable" }
  | { readonly fault: "exchange-cancelled" }
  | { readonly fault: "too-many-connections" }
  | { readonly fault: "busy" }
  | { readonly fault: "maildrop-in-use" }
  | { readonly fault: "lease-lost" }
  | { readonly fault: "storage-down"; readonly cause: unknown }
  | { readonly fault: "not-removed"; readonly cause: unknown }
  | { readonly fault: "lease-store-down"; readonly cause: unknown }
  | { readonly fault: "policy-service-down"; readonly cause: unknown }
  | { readonly fault: "shutting-down" }
  | { readonly fault: "internal"; readonly cause: unknown };

/** The stable word for a kind of failure: in logs, metrics and documentation. */
export type ReasonId = Fault["fault"];

/** Tells a fault from any other value that a port may answer with. */
export const isFault = (value: unknown): value is Fault =>
  typeof value === "object" && value !== null && "fault" in value;

/** As a client hears it at the end: whether messages were removed is not known then. */
export const asNotRemoved = (fault: Fault): Fault =>
  fault.fault === "storage-down" ? { fault: "not-removed", cause: fault.cause } : fault;

/** What a command line lacks: the name of a text, and what stands in it. */
export const syntax = (detail: SyntaxKey, ...values: readonly string[]): Fault => ({
  fault: "syntax",
  detail,
  values,
});

/**
 * The only place where a failure becomes words on the wire; which response code it has, `texts/status.ts`
 * says.
 */
export function replyTo(fault: Fault): Reply {
  switch (fault.fault) {
    case "wrong-state":
      return say("wrong-state", fault.verb);
    case "syntax":
      return { key: fault.detail, values: fault.values ?? [] };
    case "storage-down":
    case "lease-store-down":
    case "policy-service-down":
      return { key: "mail-out-of-reach" };
    default:
      return { key: fault.fault };
  }
}
