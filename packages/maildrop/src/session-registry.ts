import type { Fault } from "@poplar/protocol";
import { domainOf } from "./scope.ts";
import { comparePlaces, type SessionPlace } from "./session-order.ts";

/** A session that is open now, as an operator may see it. */
export interface LiveSession {
  readonly sessionId: string;
  readonly listener: string;
  /** Address of the client, without the port. */
  readonly address: string;
  /** `undefined` before the login. */
  readonly login: string | undefined;
  readonly mechanism: string | undefined;
  readonly tlsVersion: string | undefined;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly commands: number;
  /** Octets of mail sent. */
  readonly octetsSent: number;
}

/** The same, and the process that has it. */
export interface FleetSession extends LiveSession {
  /** Name of the process, e.g. `mx1.example.test/pop3/4711`. */
  readonly node: string;
}

/** Which sessions are meant; what is absent does not matter. */
export interface SessionQuery {
  readonly sessionId?: string | undefined;
  /** Canonical name. */
  readonly login?: string | undefined;
  readonly address?: string | undefined;
  /** Of logins in these domains only. Older processes know nothing of it: whoever asks looks again. */
  readonly domains?: readonly string[] | undefined;
  /** Younger than this one, or of the same moment and behind it. */
  readonly after?: SessionPlace | undefined;
  /** At most so many, the first in their order. */
  readonly limit: number;
}

/** The sessions of one process. Implemented by `server`. */
export interface SessionHost {
  /** The oldest first. */
  findSessions(query: SessionQuery): readonly LiveSession[];
  /** Ends sessions without UPDATE. @returns those that it ended; one that carries out QUIT ends by itself. */
  endSessions(query: SessionQuery): readonly LiveSession[];
}

/** What the processes of a fleet have answered. */
export interface FleetSessions {
  /** The oldest first. */
  readonly sessions: readonly FleetSession[];
  /** Processes that live, and did not answer in time: their sessions are missing. */
  readonly silentNodes: readonly string[];
}

/**
 * Who is connected where. Nothing is kept about sessions anywhere but in their processes, which are asked;
 * logins cost nothing more for it, and what is answered is so at this moment. Implemented by `lease`.
 */
export interface SessionRegistry {
  /** From now on this process answers for its sessions. */
  join(host: SessionHost): void;
  findSessions(query: SessionQuery): Promise<FleetSessions | Fault>;
  /** At most `limit` in each process. @returns all that were ended, however many. */
  endSessions(query: SessionQuery): Promise<FleetSessions | Fault>;
  close(): Promise<void>;
}

/** Whether a session is one of those that are meant. */
export const isMeant = (session: LiveSession, query: SessionQuery): boolean =>
  (query.sessionId === undefined || session.sessionId === query.sessionId) &&
  (query.login === undefined || session.login === query.login) &&
  (query.address === undefined || session.address === query.address) &&
  (query.after === undefined || comparePlaces(session, query.after) > 0) &&
  (query.domains === undefined ||
    (session.login !== undefined && query.domains.includes(domainOf(session.login))));
