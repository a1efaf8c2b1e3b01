import type { Leaving } from "./decision.ts";
import { messageNumberAt } from "./message-number.ts";
import type { Transaction } from "./verb.ts";

/** With what a session leaves the maildrop that is open. Of a board nothing is removed or remembered. */
export function leaving({ listing, link, last, isBoard }: Transaction): Leaving {
  if (isBoard) return { deleted: [] };
  const { deleted } = listing;
  if (link.isLastOffered !== true || last.number <= last.atStart) return { deleted };
  return { deleted, lastUid: listing.uidOf(messageNumberAt(last.number - 1)) };
}
