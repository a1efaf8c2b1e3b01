/** Where a POP client connected: a name such as `pop3`, `pop3s`, `lmtp`; from a fixed set. */
export type ListenerName = string;

/** One line per POP session, from accept to close. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly listener: ListenerName;
  /** Address of the client without the port. */
  readonly address: string;
  readonly login: string | undefined;
  readonly mechanism: string | undefined;
  readonly tlsVersion: string | undefined;
  readonly tlsCipher: string | undefined;
  readonly commands: number;
  readonly messagesRetrieved: number;
  /** Octets of mail sent, by RETR and TOP. */
  readonly octetsSent: number;
  /** Messages that UPDATE removed; 0 when there was none. */
  readonly messagesDeleted: number;
  readonly durationMs: number;
  /** What ended it, from a fixed set: `quit`, `closed-by-client`, `autologout`, `shutting-down`, … */
  readonly endReason: string;
  /** Reason id of the last -ERR. */
  readonly lastRefusal: string | undefined;
  /** Hash of the unique-id listing: two sessions with the same one saw the same maildrop. */
  readonly uniqueIdListingHash: string | undefined;
}

/** A name and a proof that did not open the door. */
export interface LoginRefused {
  readonly sessionId: string;
  readonly listener: ListenerName;
  readonly address: string;
  /** As the client typed it. */
  readonly login: string;
  readonly mechanism: string;
  /** Reason id. */
  readonly reason: string;
}

/** An -ERR to a command. */
export interface CommandRefused {
  readonly sessionId: string;
  readonly verb: string;
  /** Reason id. */
  readonly reason: string;
  /** What went wrong behind it, when it was not the client's fault. */
  readonly cause?: unknown;
}

/** A client turned away before its session began. */
export interface ConnectionRefused {
  readonly listener: ListenerName;
  readonly address: string;
  readonly reason: string;
}

/** A TLS handshake, however it ended. */
export interface TlsHandshake {
  readonly listener: ListenerName;
  readonly address: string;
  /** `accepted`, or a reason id from a fixed set. */
  readonly outcome: string;
  readonly version: string | undefined;
  readonly cause?: unknown;
}

/** One recipient's copy of a message that came in over LMTP. */
export interface DeliveryOutcome {
  /** The LMTP connection that it came over. */
  readonly sessionId: string;
  readonly reversePath: string;
  readonly recipient: string;
  readonly octets: number;
  readonly durationMs: number;
}

/** A copy that is durable. */
export interface DeliveryAccepted extends DeliveryOutcome {
  readonly maildropId: number;
  readonly uid: number;
}

/** A copy that was not taken. */
export interface DeliveryRefused extends DeliveryOutcome {
  /** Reason id. */
  readonly reason: string;
  readonly cause?: unknown;
}

/** A change that an operator asked for: the trail that the audit needs until there is one. */
export interface OperationDone {
  /** Name of the use case, e.g. `add-login`. */
  readonly operation: string;
  /** What it was done to, e.g. `alice@example.test`. */
  readonly subject: string;
  /** `done`, or an error code. */
  readonly outcome: string;
}

/** What `server` reports. */
export interface PopEvents {
  sessionStarted(listener: ListenerName): void;
  sessionEnded(summary: SessionSummary): void;
  /** Hot: once per command. The verb is a known one, or `unknown`. */
  commandDone(verb: string, seconds: number, sessionId: string): void;
  /** Hot: once per message sent whole, when its last octet was handed to the socket. */
  messageRetrieved(): void;
  /** Hot: octets of mail handed to the socket. */
  octetsSent(octets: number): void;
  loginAccepted(mechanism: string): void;
  loginRefused(event: LoginRefused): void;
  commandRefused(event: CommandRefused): void;
}

/** What `auth` reports. */
export interface AuthEvents {
  /** A proof was judged: `done`, or the reason id that the client does not hear. Both from fixed sets. */
  proofJudged(mechanism: string, outcome: string): void;
}

/** What every listener reports. */
export interface ConnectionEvents {
  connectionRefused(event: ConnectionRefused): void;
  tlsHandshake(event: TlsHandshake): void;
}

/** What `delivery` reports. */
export interface DeliveryEvents {
  deliveryAccepted(event: DeliveryAccepted): void;
  deliveryRefused(event: DeliveryRefused): void;
}

/** The life of the process and of what it depends on. */
export interface ServiceEvents {
  listening(event: { readonly listener: ListenerName; readonly address: string }): void;
  certificateReloaded(event: { readonly subject: string; readonly notAfter: Date }): void;
  /** The old one stays in use. */
  certificateRefused(event: { readonly file: string; readonly cause: unknown }): void;
  dependencyDown(event: { readonly dependency: string; readonly cause: unknown }): void;
  dependencyUp(dependency: string): void;
  /** Once: everything listens, and what it depends on answers. */
  ready(): void;
  /** Each server of a process says it for its own sessions. */
  draining(event: {
    readonly protocol: "pop" | "lmtp";
    readonly sessions: number;
    readonly limitSeconds: number;
  }): void;
  stopped(event: { readonly sessionsCut: number }): void;
  operationDone(event: OperationDone): void;
}

/** Every business event, named once. Reporting one never throws and never waits. */
export interface Events extends PopEvents, AuthEvents, ConnectionEvents, DeliveryEvents, ServiceEvents {}
