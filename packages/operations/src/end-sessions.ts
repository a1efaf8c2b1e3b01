import type { Scope } from "@poplar/maildrop";
import type { OperationPorts } from "./ports.ts";
import type { EndedSessions } from "./session-entry.ts";
import { endSessionsWithin } from "./sessions-within.ts";

/** Sessions that each process ends at a time. */
const ROUND_SESSIONS_MAX = 1000;

/** A login has a handful of sessions; a host has some for each of its views. */
const roundsMax = 100;

/** Where sessions stay: that is, nobody was asked. */
export const noneEnded: EndedSessions = { endedSessions: 0, silentNodes: [] };

/**
 * Ends, over the whole fleet and without UPDATE, what a login has open. On the login of a host (SDPS) that is
 * what its views have open, too: they go by its passwords, and are shut when it is.
 *
 * Comes after the change that it is for, which stands whatever becomes of the sessions: who is cut off must
 * not get in again.
 */
export async function endSessionsOf(
  ports: Pick<OperationPorts, "sessions" | "registry">,
  name: string,
): Promise<EndedSessions> {
  const isHost = !name.includes("@");
  const scope: Scope = isHost ? { role: "domain", domain: name } : { role: "platform" };
  const query = { ...(isHost ? {} : { login: name }), limit: ROUND_SESSIONS_MAX };
  const silentNodes = new Set<string>();
  let endedSessions = 0;
  for (let round = 0; round < roundsMax; round += 1) {
    const ended = await endSessionsWithin(ports, scope, query);
    if (!("sessions" in ended)) return { endedSessions: null, silentNodes: [...silentNodes] };
    endedSessions += ended.sessions.length;
    for (const node of ended.silentNodes) silentNodes.add(node);
    if (ended.sessions.length < ROUND_SESSIONS_MAX) break;
  }
  return { endedSessions, silentNodes: [...silentNodes] };
}
