import type { Page, RegistryFault } from "./registry.ts";
import type { Scope } from "./scope.ts";

/** Something that happened and that somebody may ask about later. Never holds a secret. */
export interface AuditEvent {
  readonly at: Date;
  /** e.g. `login`, or the name of a use case such as `set-password`. */
  readonly action: string;
  /** `done`, or the reason id of what stood against it. */
  readonly outcome: string;
  /** The login or whatever else it was about; as the client typed it where there is none of that name. */
  readonly subject: string;
  /** Who did it: the label of a token, or a login; absent: the server itself, or whoever logs in. */
  readonly actor?: string | undefined;
  readonly mechanism?: string | undefined;
  readonly address?: string | undefined;
  readonly listener?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** An event that is stored. */
export interface AuditEntry extends AuditEvent {
  /** Grows with time. */
  readonly auditId: number;
}

/** What to look for; what is absent does not matter. */
export interface AuditQuery {
  /** Of what lies within it; absent: of everything. */
  readonly scope?: Scope | undefined;
  readonly subject?: string | undefined;
  readonly address?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
  readonly actor?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** Keeps what happened. Implemented by `storage`. */
export interface AuditTrail {
  /**
   * Notes an event. Never throws and never waits: events are written together, shortly after. Where the store
   * is out of reach for long the oldest are lost, and counted in the log.
   */
  record(event: AuditEvent): void;
  /** Writes what waits, for who looks at once. Never rejects: what cannot be written waits on. */
  flush(): Promise<void>;
  /** The newest first; `after` of the page is the `auditId` of the last one seen. */
  search(query: AuditQuery, page: Page): Promise<readonly AuditEntry[] | RegistryFault>;
  /** Forgets the oldest events of before a moment, `eventsMax` at most. @returns how many there were. */
  forget(before: Date, eventsMax: number): Promise<number | RegistryFault>;
}
