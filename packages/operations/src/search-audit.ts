import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type AuditEntry, auditEntry } from "./entries.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { numberedPageFields, type PageInput, pageOf, type Slice, sliceOf } from "./page.ts";

/** What to look for in the audit; what is absent does not matter. */
export interface AuditInput extends PageInput {
  /** A login or whatever else it was about. */
  readonly subject?: string | undefined;
  readonly address?: string | undefined;
  /** `login`, or the name of a use case. */
  readonly action?: string | undefined;
  /** `done`, or a reason id. */
  readonly outcome?: string | undefined;
  /** Who did it: the label of a token, or a login. */
  readonly actor?: string | undefined;
  /** ISO 8601 with its zone. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

const word = () =>
  z
    .string({ error: "must be text" })
    .max(320, { error: "is too long" })
    .regex(/^\P{Cc}*$/u, { error: "must not hold control characters" })
    .optional();

const time = () =>
  z.iso
    .datetime({ offset: true, error: "must be a time such as 2026-11-24T12:00:00Z" })
    .transform((text) => new Date(text))
    .optional();

/** What happened, the newest first. */
export const searchAudit: Operation<AuditInput, Slice<AuditEntry>> = defineOperation({
  name: "search-audit",
  inputSchema: z.strictObject({
    subject: word(),
    address: word(),
    action: word(),
    outcome: word(),
    actor: word(),
    since: time(),
    until: time(),
    ...numberedPageFields,
  }),
  reach: () => [],
  perform: async ({ audit }, { after, limit, ...query }, { scope }) => {
    const found = await audit.search({ ...query, scope }, pageOf({ after, limit }));
    if (isRegistryFault(found)) return found;
    return sliceOf(found, limit, auditEntry, ({ auditId }) => String(auditId));
  },
});
