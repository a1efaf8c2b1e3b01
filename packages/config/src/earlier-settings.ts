import { z } from "zod";
import { popApps } from "./app.ts";
import type { BulletinSettings, EarlierSettings } from "./config.ts";
import { listener, setting } from "./define-setting.ts";
import type { ValueSchema } from "./value-schemas.ts";
import * as value from "./value-schemas.ts";

/** Boards, each with the login whose maildrop it is. */
function bulletins(): ValueSchema<BulletinSettings[]> {
  const login = z.string().min(1).toLowerCase();
  const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
  const readers = z.enum(["tenant", "domain", "everybody"]);
  return {
    schema: z
      .array(
        z.strictObject({ name, login, archive: login.exactOptional(), readers: readers.exactOptional() }),
      )
      .refine((boards) => new Set(boards.map((board) => board.name)).size === boards.length),
    expected:
      "a list of { name: WORD, login: LOGIN, archive: LOGIN, readers: tenant, domain or everybody }, " +
      "each name once and in lower case",
  };
}

/** What is older than RFC 1939. All of it is off until somebody wants it. */
export const earlierShape: { readonly [Name in keyof EarlierSettings]: z.ZodType<EarlierSettings[Name]> } = {
  pop2Port: listener(["standalone", "pop3"], "POP2 (RFC 937), for closed networks", [0, 0]),
  pop1Port: listener(["standalone", "pop3"], "POP1 (RFC 918), for closed networks", [0, 0]),
  earlierVersionNetworks: setting(value.networks(), {
    group: "Listeners",
    description: "Networks whose clients may speak POP2 and POP1, separated by commas",
    placeholder: "CIDR,…",
    apps: ["standalone", "pop3"],
    fallback: () => ["127.0.0.0/8", "::1/128"],
    fallbackText: () => "127.0.0.0/8,::1/128",
  }),
  lastCommand: setting(value.yesOrNo(), {
    group: "Listeners",
    description: "Answer LAST (RFC 1460), for clients older than unique-ids",
    placeholder: "",
    apps: popApps,
    fallback: () => false,
    fallbackText: () => "off",
  }),
  rpopNetworks: setting(value.networks(), {
    group: "Listeners",
    description:
      "Networks whose hosts are believed who their users are (RPOP, RFC 1081): no password is asked of them",
    placeholder: "CIDR,…",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none: no RPOP",
  }),
  bulletins: setting(bulletins(), {
    group: "Listeners",
    description:
      "Maildrops that logins may read by XTND (RFC 1082), with their archives, and who: of the same tenant if not said",
    placeholder: "LIST",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none: no XTND",
    isFileOnly: true,
  }),
};
