import type { MailPolicyEntry } from "@poplar/operations";
import type { InputOf } from "./api.ts";

/** What is chosen for a login, a domain or the fleet. */
export type NewPolicy = InputOf<"setFleetMailPolicy">;

/** A choice of which messages are shown, as the form names it. */
export function seesChoice(sees: MailPolicyEntry["sees"]): "all" | "newest" | "days" | "unfetched" {
  if (sees === undefined) return "all";
  if ("unfetched" in sees) return "unfetched";
  return "newest" in sees ? "newest" : "days";
}

/** How many messages, or days, are shown; `undefined` where the choice has no number. */
export function seesMost(sees: MailPolicyEntry["sees"]): number | undefined {
  if (sees === undefined || "unfetched" in sees) return undefined;
  return "newest" in sees ? sees.newest : sees.days;
}

/** The policy that the fields of a form ask for. */
export function policyIn(fields: Readonly<Record<string, string>>): NewPolicy {
  const { sees, deletion } = fields;
  // A number that is missing is no zero: as JSON it is null, which the server refuses with a sentence.
  const most = count(fields["seesMost"]) ?? Number.NaN;
  return {
    retentionDays: count(fields["retentionDays"]),
    loginDelaySeconds: count(fields["loginDelaySeconds"]),
    ...(sees === "newest" && { seesNewest: most }),
    ...(sees === "days" && { seesDays: most }),
    ...(sees === "unfetched" && { seesUnfetched: true }),
    removesRetrieved: fields["removesRetrieved"] === "on",
    ...(deletion === "ignore" && { deletion }),
    ...(deletion === "hide" && { deletion, undoDays: count(fields["undoDays"]) }),
  };
}

const count = (text = ""): number | undefined => (text === "" ? undefined : Number(text));

/** What goes for good by a policy and did not by the one before, in a sentence; `undefined`: nothing. */
export function lossBy(wanted: NewPolicy, before: MailPolicyEntry): string | undefined {
  const { retentionDays, removesRetrieved } = wanted;
  if (retentionDays !== undefined && retentionDays < (before.retentionDays ?? Number.POSITIVE_INFINITY)) {
    return `Mail that has been there for ${dayCount(retentionDays)} is removed for good.`;
  }
  if (removesRetrieved === true && before.removesRetrieved !== true) {
    return "What a program retrieves is removed when it quits.";
  }
  return undefined;
}

/** Days in words. */
export const dayCount = (days: number): string => (days === 1 ? "1 day" : `${days} days`);
