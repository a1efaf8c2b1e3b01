import { MaildropHistory } from "./maildrop-history.ts";
import type { Operation } from "./operation.ts";
import {
  acknowledgedDeletionsLast,
  acknowledgedDeliveriesStay,
  deletionsAreWhole,
  listingsAreConstant,
  messagesAreConstant,
  messagesVanishByQuitAlone,
  messagesWereDelivered,
  oneSessionDeletes,
  oneSessionOwns,
  type RuleCheck,
} from "./rules.ts";
import type { Violation } from "./violation.ts";

const always: readonly RuleCheck[] = [
  acknowledgedDeliveriesStay,
  messagesWereDelivered,
  messagesVanishByQuitAlone,
  acknowledgedDeletionsLast,
  deletionsAreWhole,
  oneSessionDeletes,
  messagesAreConstant,
  listingsAreConstant,
];

/** What is known about a history beside its operations. */
export interface Circumstances {
  /** No lease can have been lost (no fault was made): then sessions exclude each other as well. */
  readonly areLeasesKept: boolean;
}

/**
 * Checks what clients saw of a fleet against what a maildrop promises, whatever failed meanwhile.
 *
 * Pure, and never wrong about a violation: where the history leaves open what happened it believes the fleet.
 * It sees the more, the more messages were retrieved before they were deleted, and if each maildrop is read
 * once at the end.
 */
export function checkHistory(
  operations: readonly Operation[],
  { areLeasesKept }: Circumstances = { areLeasesKept: false },
): readonly Violation[] {
  const rules = areLeasesKept ? [...always, oneSessionOwns] : always;
  const byMaildrop = Map.groupBy(operations, ({ maildrop }) => maildrop);
  return [...byMaildrop].flatMap(([maildrop, own]) => {
    const history = new MaildropHistory(maildrop, own);
    return rules.flatMap((rule) => Array.from(rule(history)));
  });
}
