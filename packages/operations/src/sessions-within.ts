import {
  comparePlaces,
  domainOf,
  type FleetSessions,
  isRegistryFault,
  type RegistryFault,
  type Scope,
  type SessionPlace,
  type SessionQuery,
} from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import type { OperationFault } from "./operation-fault.ts";
import type { OperationPorts } from "./ports.ts";
import { leaseStoreDown } from "./session-entry.ts";

type Ports = Pick<OperationPorts, "sessions" | "registry">;

/** Domains of a tenant whose sessions are looked for at once; with more of them, one has to be named. */
const domainsMax = 1000;

/** What was found within a scope. */
export interface FoundSessions extends FleetSessions {
  /** The last one that was looked at, if there may be more behind it. */
  readonly last: SessionPlace | undefined;
}

/** Finds sessions within a scope. Those that nobody has logged in to are for the platform alone. */
export async function findSessionsWithin(
  ports: Ports,
  scope: Scope,
  query: SessionQuery,
): Promise<FoundSessions | OperationFault | RegistryFault> {
  const narrowed = await narrow(ports, scope, query);
  if (isRegistryFault(narrowed)) return narrowed;
  const found = await ports.sessions.findSessions(narrowed);
  if (isFault(found)) return leaseStoreDown(found);
  const { domains, login: only, after } = narrowed;
  const isBehind = (place: SessionPlace): boolean => after === undefined || comparePlaces(place, after) > 0;
  // Places behind `after` alone lead on; else whoever asks on would come round to where he was.
  const last =
    found.sessions.length < query.limit ? undefined : found.sessions.slice(-1).find((each) => isBehind(each));
  // A process of an older version has not heard of domains and of places, and answers with all that it has.
  const sessions = found.sessions.filter(
    (session) =>
      (domains === undefined || (session.login !== undefined && domains.includes(domainOf(session.login)))) &&
      (only === undefined || session.login === only) &&
      isBehind(session),
  );
  return { ...found, sessions, last };
}

/** Ends sessions within a scope: one by one where older processes might take a wider choice for granted. */
export async function endSessionsWithin(
  ports: Ports,
  scope: Scope,
  query: SessionQuery,
): Promise<FleetSessions | OperationFault | RegistryFault> {
  if (scope.role === "platform") {
    const ended = await ports.sessions.endSessions(query);
    return isFault(ended) ? leaseStoreDown(ended) : ended;
  }
  const found = await findSessionsWithin(ports, scope, query);
  if (!("sessions" in found)) return found;
  const ended = await Promise.all(
    found.sessions.map(({ sessionId, login }) => ports.sessions.endSessions({ sessionId, login, limit: 1 })),
  );
  const fault = ended.find((each) => isFault(each));
  if (fault !== undefined && isFault(fault)) return leaseStoreDown(fault);
  return { ...found, sessions: ended.flatMap((each) => (isFault(each) ? [] : each.sessions)) };
}

async function narrow(
  { registry }: Ports,
  scope: Scope,
  query: SessionQuery,
): Promise<SessionQuery | RegistryFault> {
  switch (scope.role) {
    case "platform":
      return query;
    case "self":
      return { ...query, login: scope.login };
    case "domain":
      return { ...query, domains: [scope.domain] };
    case "tenant": {
      const domains = await registry.listDomains({ after: undefined, limit: domainsMax }, scope);
      if (isRegistryFault(domains)) return domains;
      return { ...query, domains: domains.map(({ name }) => name) };
    }
  }
}
