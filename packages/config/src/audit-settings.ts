import type { z } from "zod";
import { popApps } from "./app.ts";
import type { AuditSettings } from "./config.ts";
import { setting } from "./define-setting.ts";
import * as value from "./value-schemas.ts";

/** What is remembered of what happened, and for how long. */
export const auditShape: { readonly [Name in keyof AuditSettings]: z.ZodType<AuditSettings[Name]> } = {
  auditAcceptedLogins: setting(value.oneOf(["daily", "all"]), {
    group: "Audit",
    description:
      "Which accepted logins the audit keeps: the first a day of each login, address and mechanism, or all; " +
      "refused ones are kept all",
    placeholder: "WHICH",
    apps: popApps,
    fallback: () => "daily",
  }),
  auditDays: setting(value.wholeNumber(0, 36_500, "days"), {
    group: "Audit",
    description: "For how many days the audit is kept; removed with old mail; 0 for ever",
    placeholder: "DAYS",
    apps: popApps,
    fallback: () => 90,
  }),
};
