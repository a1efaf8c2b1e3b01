import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { pageFields } from "./page.ts";
import { type SessionsEntry, sessionsEntry } from "./session-entry.ts";
import { findSessionsWithin } from "./sessions-within.ts";

/** Which sessions; what is absent does not matter. */
export interface SessionsInput {
  readonly login?: string | undefined;
  /** Of the client. */
  readonly address?: string | undefined;
  /** 1 to 1,000; 100 when absent. Text of digits when it comes from a URL. */
  readonly limit?: number | string | undefined;
}

/** Who is connected where, at this moment. */
export const listSessions: Operation<SessionsInput, SessionsEntry> = defineOperation({
  name: "list-sessions",
  inputSchema: z.strictObject({
    login: loginName().optional(),
    address: clientAddress().optional(),
    limit: pageFields.limit,
  }),
  reach: ({ login }) => (login === undefined ? [] : [{ login }]),
  perform: async (ports, query, { scope }) => {
    const found = await findSessionsWithin(ports, scope, query);
    return "sessions" in found ? sessionsEntry(found) : found;
  },
});

/** An IP address, as the log has it. */
export function clientAddress(): z.ZodType<string, string> {
  return z.union([z.ipv4(), z.ipv6()], { error: "must be an address such as 192.0.2.1" });
}
