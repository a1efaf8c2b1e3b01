import type { FleetSession, FleetSessions, LeaseHolder, View } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { OperationFault } from "./operation-fault.ts";

/** A session that is open now. Times are ISO 8601 in UTC. */
export interface SessionEntry {
  readonly sessionId: string;
  /** The process that has it. */
  readonly node: string;
  readonly listener: string;
  readonly address: string;
  /** `null` before the login. */
  readonly login: string | null;
  readonly mechanism: string | null;
  readonly tlsVersion: string | null;
  readonly since: string;
  readonly commands: number;
  readonly octetsSent: number;
}

/** Sessions of the whole fleet, the oldest first. */
export interface SessionsEntry {
  readonly sessions: readonly SessionEntry[];
  /** Processes that did not answer in time: their sessions are missing. */
  readonly silentNodes: readonly string[];
}

/** A slice of them. */
export interface SessionsSlice extends SessionsEntry {
  /** `after` for the slice that follows; `null` at the end. */
  readonly next: string | null;
}

/** What became of the sessions of a login that may not go on. */
export interface EndedSessions {
  /** They were ended without UPDATE. `null`: Redis does not answer, and those that are open go on. */
  readonly endedSessions: number | null;
  /** Processes that did not answer in time: sessions that they have may go on. */
  readonly silentNodes: readonly string[];
}

/** Sessions that were kicked. */
export interface KickedSessions extends SessionsEntry {
  /** So many were ended at once that there may be more: ask again. */
  readonly isMoreLeft: boolean;
}

/** Who has a maildrop open. */
export interface LeaseEntry {
  readonly sessionId: string;
  readonly login: string;
  readonly address: string;
  readonly view: View;
  readonly since: string;
}

export const sessionsEntry = ({ sessions, silentNodes }: FleetSessions): SessionsEntry => ({
  sessions: sessions.map(sessionEntry),
  silentNodes,
});

export const leaseEntry = ({ sessionId, login, address, view, sinceMs }: LeaseHolder): LeaseEntry => ({
  sessionId,
  login,
  address,
  view,
  since: new Date(sinceMs).toISOString(),
});

/** What the use cases say of Redis when it does not answer. */
export const leaseStoreDown = (fault: Fault): OperationFault => ({
  operationFault: "lease-store-down",
  message: "Redis does not answer, so nobody knows who is connected; nothing was changed.",
  cause: "cause" in fault ? fault.cause : fault,
});

const sessionEntry = (session: FleetSession): SessionEntry => ({
  sessionId: session.sessionId,
  node: session.node,
  listener: session.listener,
  address: session.address,
  login: session.login ?? null,
  mechanism: session.mechanism ?? null,
  tlsVersion: session.tlsVersion ?? null,
  since: new Date(session.sinceMs).toISOString(),
  commands: session.commands,
  octetsSent: session.octetsSent,
});
