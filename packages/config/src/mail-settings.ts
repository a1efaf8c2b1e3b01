import type { z } from "zod";
import { popApps } from "./app.ts";
import type { MailSettings } from "./config.ts";
import { setting } from "./define-setting.ts";
import * as value from "./value-schemas.ts";

/** How mail is shown to clients. */
export const mailShape: { readonly [Name in keyof MailSettings]: z.ZodType<MailSettings[Name]> } = {
  utf8Mail: setting(value.oneOf(["surrogate", "refuse"]), {
    group: "Mail",
    description:
      "What clients that do not speak UTF8 (RFC 6856) get for internationalised mail: a surrogate (RFC 6858), or -ERR",
    placeholder: "WHAT",
    apps: popApps,
    fallback: () => "surrogate",
  }),
};
