import { isEmpty } from "../command-line.ts";
import { syntax } from "../fault.ts";
import { plain } from "../reply.ts";
import type { Verb } from "../verb.ts";

/**
 * The highest number of a message that was retrieved, in this session or one before it that ended with QUIT;
 * 0 where there is none. RSET takes it back to what it was at the start. Of an RFC that is no more, for
 * clients that know nothing of unique-ids.
 */
export const LAST: Verb = {
  rfc: "RFC 1460 §5",
  TRANSACTION: ({ link, last }, argument) => {
    if (link.isLastOffered !== true) return { fault: "unknown-command" };
    return isEmpty(argument) ? { reply: plain(`${last.number}`) } : syntax("no-argument", "LAST");
  },
};
