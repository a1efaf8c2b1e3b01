import { err, type Reply } from "./reply.ts";

/**
 * A failure we expect. Anything else is a bug and is thrown.
 *
 * The name of a fault is also its reason id: the stable word under which support finds it in the log and in
 * `docs/operating/reasons.md`. A cause goes to the log, never to the client.
 */
export type Fault =
  | { readonly fault: "unknown-command" }
  | { readonly fault: "wrong-state"; readonly verb: string }
  | { readonly fault: "syntax"; readonly detail: string }
  | { readonly fault: "line-too-long" }
  | { readonly fault: "no-such-message" }
  | { readonly fault: "tls-required" }
  | { readonly fault: "tls-active" }
  | { readonly fault: "tls-unavailable" }
  | { readonly fault: "bad-credentials" }
  | { readonly fault: "mechanism-unavailable" }
  | { readonly fault: "exchange-cancelled" }
  | { readonly fault: "too-many-connections" }
  | { readonly fault: "busy" }
  | { readonly fault: "maildrop-in-use" }
  | { readonly fault: "lease-lost" }
  | { readonly fault: "storage-down"; readonly cause: unknown }
  | { readonly fault: "not-removed"; readonly cause: unknown }
  | { readonly fault: "lease-store-down"; readonly cause: unknown }
  | { readonly fault: "shutting-down" }
  | { readonly fault: "internal"; readonly cause: unknown };

/** The stable word for a kind of failure: in logs, metrics and documentation. */
export type ReasonId = Fault["fault"];

/** Tells a fault from any other value that a port may answer with. */
export const isFault = (value: unknown): value is Fault =>
  typeof value === "object" && value !== null && "fault" in value;

/** What a command line lacks, in words of ours: they go to the client. */
export const syntax = (detail: string): Fault => ({ fault: "syntax", detail });

/**
 * The only place where a failure becomes words on the wire.
 *
 * Response codes: `IN-USE` (RFC 2449 §8.1.2), `SYS/TEMP` and `AUTH` (RFC 3206 §4, §5).
 */
export function replyTo(fault: Fault): Reply {
  switch (fault.fault) {
    case "unknown-command":
      return err("unknown command");
    case "wrong-state":
      return err(`${fault.verb} is not possible in this state`);
    case "syntax":
      return err(fault.detail);
    case "line-too-long":
      return err("command line too long");
    case "no-such-message":
      return err("no such message");
    case "tls-required":
      return err("use STLS or POP3S first: passwords are not accepted on a plaintext connection");
    case "tls-active":
      return err("TLS is already active");
    case "tls-unavailable":
      return err("TLS is not available here");
    case "bad-credentials":
      return err("invalid name or password", "AUTH");
    case "mechanism-unavailable":
      return err("that way to log in is not available here");
    case "exchange-cancelled":
      return err("cancelled");
    case "too-many-connections":
      return err("too many connections, try again later", "SYS/TEMP");
    case "busy":
      return err("too many logins at once, try again later", "SYS/TEMP");
    case "maildrop-in-use":
      return err("another session has this maildrop open", "IN-USE");
    case "lease-lost":
      return err("the maildrop was taken over by a later session, nothing was deleted", "SYS/TEMP");
    case "not-removed":
      return err("messages marked as deleted may still be there, try again later", "SYS/TEMP");
    case "storage-down":
    case "lease-store-down":
      return err("mail is temporarily out of reach, try again later", "SYS/TEMP");
    case "shutting-down":
      return err("the server is restarting, try again", "SYS/TEMP");
    case "internal":
      return err("internal error, try again later", "SYS/TEMP");
  }
}
