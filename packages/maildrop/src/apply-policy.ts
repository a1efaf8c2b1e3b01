import { type Fault, isFault } from "@poplar/protocol";
import type { FetchedMarks, Fetcher, UidRange } from "./fetched-marks.ts";
import type { MailPolicy, Sees } from "./mail-policy.ts";
import type { OpenMaildrop } from "./maildrop-store.ts";
import { ShownMaildrop } from "./shown-maildrop.ts";

/** Whose program opens the maildrop, and where it is remembered what that has fetched. */
export interface Fetching {
  readonly fetcher: Fetcher;
  /** Absent: nothing is remembered, and everything is new to everybody. */
  readonly marks: FetchedMarks | undefined;
}

/**
 * Shows of a maildrop what the policy shows, and deletes as the policy says. Closes it when that cannot be
 * known.
 */
export async function applyPolicy(
  maildrop: OpenMaildrop,
  policy: MailPolicy,
  { fetcher, marks }: Fetching,
): Promise<OpenMaildrop | Fault> {
  const { sees, deletion = { way: "remove" }, removesRetrieved = false } = policy;
  if (sees === undefined && deletion.way === "remove" && !removesRetrieved) return maildrop;
  const seesUnfetched = sees !== undefined && "unfetched" in sees;
  const shown = sees === undefined ? undefined : await positionsOf(maildrop, sees, { fetcher, marks });
  if (!isFault(shown)) {
    const noteFetched = seesUnfetched
      ? async (uids: readonly number[]): Promise<unknown> => marks?.add(fetcher, uids)
      : undefined;
    return new ShownMaildrop(maildrop, shown, { deletion, removesRetrieved, noteFetched });
  }
  maildrop.close();
  return shown;
}

/** Where the messages lie that are shown; `undefined`: all are. */
async function positionsOf(
  maildrop: OpenMaildrop,
  sees: Sees,
  { fetcher, marks }: Fetching,
): Promise<Uint32Array | undefined | Fault> {
  const { opened, entries } = maildrop.listing;
  if ("unfetched" in sees) {
    const fetched = (await marks?.read(fetcher)) ?? [];
    return isFault(fetched) ? fetched : positionsOutside(entries.uids, fetched);
  }
  const hidden = "newest" in sees ? Math.max(0, opened - sees.newest) : await maildrop.countOlder(sees.days);
  if (isFault(hidden)) return hidden;
  return hidden === 0
    ? undefined
    : Uint32Array.from({ length: opened - hidden }, (_, index) => hidden + index);
}

/** Uids and ranges are both in order: one walk through both. */
function positionsOutside(uids: Float64Array, ranges: readonly UidRange[]): Uint32Array | undefined {
  if (ranges.length === 0) return undefined;
  const positions: number[] = [];
  let range = 0;
  for (const [position, uid] of uids.entries()) {
    while ((ranges[range]?.[1] ?? Number.POSITIVE_INFINITY) <= uid) range += 1;
    if (uid < (ranges[range]?.[0] ?? Number.POSITIVE_INFINITY)) positions.push(position);
  }
  return Uint32Array.from(positions);
}
