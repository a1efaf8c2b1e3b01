import { isEmpty } from "../command-line.ts";
import { syntax } from "../fault.ts";
import type { Verb } from "../verb.ts";

/**
 * The client can read headers in UTF-8. Outlook says so after login, when it is too late, and lives with the
 * answer.
 */
export const UTF8: Verb = {
  rfc: "RFC 6856 §2.1",
  AUTHORIZATION: ({ mode }, argument) => {
    if (!isEmpty(argument)) return syntax("no-argument", "UTF8");
    mode.isUtf8 = true;
    return { reply: { key: "utf8-on" } };
  },
};
