import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { cursorOfPlace, type PageInput, placedPageFields } from "./page.ts";
import { type SessionsSlice, sessionsEntry } from "./session-entry.ts";
import { findSessionsWithin } from "./sessions-within.ts";

/** Which sessions; what is absent does not matter. */
export interface SessionsInput extends PageInput {
  readonly login?: string | undefined;
  /** Of the client. */
  readonly address?: string | undefined;
}

/** Who is connected where, at this moment. */
export const listSessions: Operation<SessionsInput, SessionsSlice> = defineOperation({
  name: "list-sessions",
  inputSchema: z.strictObject({
    login: loginName().optional(),
    address: clientAddress().optional(),
    ...placedPageFields,
  }),
  reach: ({ login }) => (login === undefined ? [] : [{ login }]),
  perform: async (ports, query, { scope }) => {
    const found = await findSessionsWithin(ports, scope, query);
    if (!("sessions" in found)) return found;
    const { last } = found;
    return { ...sessionsEntry(found), next: last === undefined ? null : cursorOfPlace(last) };
  },
});

/** An IP address, as the log has it. */
export function clientAddress(): z.ZodType<string, string> {
  return z.union([z.ipv4(), z.ipv6()], { error: "must be an address such as 192.0.2.1" });
}
