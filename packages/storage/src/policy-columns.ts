import type { Deletion, MailPolicy, Sees } from "@poplar/maildrop";
import { booleanAt, isNull, numberAt, type Row, textAt } from "./lane/value.ts";

/** A login's policy, as its row has it. */
export interface PolicyColumns {
  readonly retention_days: number | null;
  readonly login_delay_seconds: number;
  readonly sees_newest: number | null;
  readonly sees_days: number | null;
  readonly deletion: string;
  readonly undo_days: number;
  readonly sees_unfetched: boolean;
  readonly removes_retrieved: boolean;
}

/** Of a login `l` without a policy of its own, that of its domain, or else the fleet's. */
export const joinDefaultPolicy = `left join lateral (
      select p.* from default_policy p
      where not l.has_policy and (p.domain_id = l.domain_id or p.domain_id is null) order by p.domain_id nulls last limit 1) p on true`;

/**
 * The columns of the policy that holds for a login: where it has none of its own, these say nothing in it.
 */
export const policyColumns = `coalesce(p.retention_days, l.retention_days) as retention_days,
      coalesce(p.login_delay_seconds, l.login_delay_seconds) as login_delay_seconds,
      coalesce(p.sees_newest, l.sees_newest) as sees_newest, coalesce(p.sees_days, l.sees_days) as sees_days,
      coalesce(p.deletion, l.deletion) as deletion, coalesce(p.undo_days, l.undo_days) as undo_days,
      coalesce(p.sees_unfetched, l.sees_unfetched) as sees_unfetched,
      coalesce(p.removes_retrieved, l.removes_retrieved) as removes_retrieved`;

/** The policy in a row; `undefined` where nothing in particular was chosen. */
export function policyOf(columns: PolicyColumns): MailPolicy | undefined {
  const { retention_days, login_delay_seconds, deletion, undo_days } = columns;
  const sees = seesOf(columns);
  const policy: MailPolicy = {
    ...(retention_days !== null && { retentionDays: retention_days }),
    ...(login_delay_seconds > 0 && { loginDelaySeconds: login_delay_seconds }),
    ...(sees !== undefined && { sees }),
    ...(deletion !== "remove" && { deletion: deletionOf(deletion, undo_days) }),
    ...(columns.removes_retrieved && { removesRetrieved: true }),
  };
  return Object.keys(policy).length === 0 ? undefined : policy;
}

/** The columns of a policy. */
export const columnsOf = ({
  retentionDays,
  loginDelaySeconds,
  sees,
  deletion,
  removesRetrieved,
}: MailPolicy): PolicyColumns => ({
  retention_days: retentionDays ?? null,
  login_delay_seconds: loginDelaySeconds ?? 0,
  sees_newest: sees !== undefined && "newest" in sees ? sees.newest : null,
  sees_days: sees !== undefined && "days" in sees ? sees.days : null,
  deletion: deletion?.way ?? "remove",
  undo_days: deletion?.way === "hide" ? deletion.days : 0,
  sees_unfetched: sees !== undefined && "unfetched" in sees,
  removes_retrieved: removesRetrieved === true,
});

/** The policy in eight columns of a row from a lane. */
export function policyAt(row: Row, first: number): MailPolicy | undefined {
  const nullable = (column: number): number | null => (isNull(row, column) ? null : numberAt(row, column));
  return policyOf({
    retention_days: nullable(first),
    login_delay_seconds: numberAt(row, first + 1),
    sees_newest: nullable(first + 2),
    sees_days: nullable(first + 3),
    deletion: textAt(row, first + 4),
    undo_days: numberAt(row, first + 5),
    sees_unfetched: booleanAt(row, first + 6),
    removes_retrieved: booleanAt(row, first + 7),
  });
}

function seesOf({ sees_newest, sees_days, sees_unfetched }: PolicyColumns): Sees | undefined {
  if (sees_unfetched) return { unfetched: true };
  if (sees_newest !== null) return { newest: sees_newest };
  return sees_days === null ? undefined : { days: sees_days };
}

const deletionOf = (way: string, days: number): Deletion =>
  way === "hide" ? { way: "hide", days } : { way: "ignore" };
