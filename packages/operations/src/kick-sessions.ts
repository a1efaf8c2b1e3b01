import { z } from "zod";
import { loginName } from "./fields.ts";
import { clientAddress } from "./list-sessions.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { type KickedSessions, sessionsEntry } from "./session-entry.ts";
import { endSessionsWithin } from "./sessions-within.ts";

/** Which sessions: at least one of these. */
export interface KickInput {
  readonly sessionId?: string | undefined;
  readonly login?: string | undefined;
  /** Of the client. */
  readonly address?: string | undefined;
}

/** In one process; who asks is told when there may be more. */
const KICKED_MAX = 1000;

/** Ends sessions wherever they are, without UPDATE. What it answers with are those that were ended. */
export const kickSessions: Operation<KickInput, KickedSessions> = defineOperation({
  name: "kick-sessions",
  inputSchema: z
    .strictObject({
      // Of a kind that says nothing in the audit of somebody else's domain.
      sessionId: z
        .string({ error: "must be text" })
        .regex(/^[A-Za-z0-9-]{1,100}$/, { error: "must be the id of a session" })
        .optional(),
      login: loginName().optional(),
      address: clientAddress().optional(),
    })
    .refine(({ sessionId, login, address }) => (sessionId ?? login ?? address) !== undefined, {
      error: "Say which sessions: by their id, their login or their address",
    }),
  reach: ({ login }) => (login === undefined ? [] : [{ login }]),
  // A domain finds in its audit what was done in it, and an owner what he did.
  subject: ({ sessionId, login, address }, { scope }) => {
    if (scope.role === "domain") return login ?? scope.domain;
    if (scope.role === "self") return scope.login;
    return [sessionId, login, address].filter((word) => word !== undefined).join(" ");
  },
  perform: async (ports, query, { scope }) => {
    const ended = await endSessionsWithin(ports, scope, { ...query, limit: KICKED_MAX });
    if (!("sessions" in ended)) return ended;
    if (ended.sessions.length > 0) {
      return { ...sessionsEntry(ended), isMoreLeft: ended.sessions.length >= KICKED_MAX };
    }
    const silent = ended.silentNodes.join(", ");
    const message = `There is no such session${silent && `, as far as is known: ${silent} did not answer`}.`;
    return { operationFault: "not-found", message };
  },
});
