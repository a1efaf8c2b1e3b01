import {
  domainOf,
  type FleetSessions,
  isRegistryFault,
  type RegistryFault,
  type Scope,
  type SessionQuery,
} from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import type { OperationFault } from "./operation-fault.ts";
import type { OperationPorts } from "./ports.ts";
import { leaseStoreDown } from "./session-entry.ts";

type Ports = Pick<OperationPorts, "sessions" | "registry">;

/** Domains of a tenant whose sessions are looked for at once; with more of them, one has to be named. */
const domainsMax = 1000;

/** Finds sessions within a scope. Those that nobody has logged in to are for the platform alone. */
export async function findSessionsWithin(
  ports: Ports,
  scope: Scope,
  query: SessionQuery,
): Promise<FleetSessions | OperationFault | RegistryFault> {
  const narrowed = await narrow(ports, scope, query);
  if (isRegistryFault(narrowed)) return narrowed;
  const found = await ports.sessions.findSessions(narrowed);
  if (isFault(found)) return leaseStoreDown(found);
  const { domains, login: only } = narrowed;
  // A process of an older version has not heard of domains, and answers with all that it has.
  const sessions = found.sessions.filter(
    ({ login }) =>
      (domains === undefined || (login !== undefined && domains.includes(domainOf(login)))) &&
      (only === undefined || login === only),
  );
  return { ...found, sessions };
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
