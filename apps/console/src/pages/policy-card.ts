import type { MailPolicyEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import type { PolicyApi } from "../api.ts";
import type { PageContext } from "../page.ts";
import { card, checkField, facts, field, selectField, submitting } from "../parts.ts";
import { dayCount, lossBy, policyIn, seesChoice, seesMost } from "../policy-choice.ts";
import { Resource } from "../resource.ts";

/** What may be done with a policy, and what its owner is called. */
interface PolicyParts {
  readonly title: string;
  /** Where what holds comes from, in a sentence. */
  readonly lead: string;
  /** e.g. `all logins of example.test that have no policy of their own`. */
  readonly whom: string;
  readonly api: PolicyApi;
  readonly maySet: boolean;
  readonly mayClear: boolean;
}

/** How long mail is kept and what POP shows of it: of a login, a domain or the fleet. */
export function policyCard(
  { update, attempt, askFirst }: PageContext,
  { title, lead, whom, api, maySet, mayClear }: PolicyParts,
): { readonly view: () => TemplateResult } {
  const policy = new Resource(() => api.show(), update);
  const set = submitting(async (fields) => {
    const wanted = policyIn(fields);
    const loss = lossBy(wanted, policy.value ?? {});
    const text = `${loss ?? ""} It holds for ${whom}.`;
    const sure =
      loss === undefined ||
      (await askFirst({ title: "Remove mail by this policy?", text, action: "Set it" }));
    if (!sure) return false;
    const isSet = await attempt(() => api.set(wanted), "The policy was set.");
    if (isSet) await policy.reload();
    return isSet;
  });
  const clear = async (): Promise<void> => {
    const text = `What was chosen here no longer holds for ${whom}.`;
    const sure = await askFirst({ title: "Choose nothing here?", text, action: "Choose nothing" });
    if (!sure) return;
    await attempt(() => api.clear(), "Nothing is chosen here any more.");
    await policy.reload();
  };
  const clearButton = html`<button type="button" class="grave" @click=${() => void clear()}>
    Choose nothing here
  </button>`;
  return {
    view: () =>
      card(
        title,
        html`<p class="note">${lead}</p>
          ${policy.view((holds) => html`${policyFacts(holds)} ${maySet ? policyForm(holds, set) : nothing}`)}`,
        mayClear ? clearButton : nothing,
      ),
  };
}

/** A policy in words. */
export const policyFacts = (policy: MailPolicyEntry): TemplateResult =>
  facts([
    [
      "Mail is kept",
      policy.retentionDays === undefined ? "for ever" : `for ${dayCount(policy.retentionDays)}`,
    ],
    ["Between logins", `${policy.loginDelaySeconds ?? 0} s`],
    ["Shown", seesText(policy.sees)],
    ["Retrieving", policy.removesRetrieved === true ? "removes at QUIT" : "keeps"],
    ["Deleting", deletionText(policy.deletion)],
  ]);

function seesText(sees: MailPolicyEntry["sees"]): string {
  if (sees === undefined) return "all messages";
  if ("unfetched" in sees) return "what each program has not fetched yet";
  return "newest" in sees ? `the newest ${sees.newest}` : `those of the last ${dayCount(sees.days)}`;
}

function deletionText(deletion: MailPolicyEntry["deletion"]): string {
  switch (deletion?.way) {
    case "hide":
      return `can be undone for ${dayCount(deletion.days)}`;
    case "ignore":
      return "is ignored";
    default:
      return "removes at once";
  }
}

const policyForm = (holds: MailPolicyEntry, set: (event: SubmitEvent) => Promise<void>): TemplateResult =>
  html`<form class="row" @submit=${set}>
    ${number("retentionDays", "Keep mail for days", holds.retentionDays, "Empty: for ever")}
    ${number("loginDelaySeconds", "Seconds between logins", holds.loginDelaySeconds, "Empty: none")}
    ${selectField({
      name: "sees",
      label: "Show",
      value: seesChoice(holds.sees),
      choices: [
        ["all", "all messages"],
        ["newest", "the newest …"],
        ["days", "those of the last … days"],
        ["unfetched", "what was not fetched yet"],
      ],
    })}
    ${number("seesMost", "How many of these", seesMost(holds.sees), "For the newest, or the days")}
    ${selectField({
      name: "deletion",
      label: "Deleting",
      value: holds.deletion?.way ?? "remove",
      choices: [
        ["remove", "removes at once"],
        ["hide", "can be undone"],
        ["ignore", "is ignored"],
      ],
    })}
    ${number("undoDays", "Undo for days", holds.deletion?.way === "hide" ? holds.deletion.days : undefined, "Empty: 14")}
    ${checkField("removesRetrieved", "Remove at QUIT what was retrieved (EXPIRE 0)", holds.removesRetrieved === true)}
    <button>Set this policy</button>
  </form>`;

const number = (name: string, label: string, value: number | undefined, hint: string): TemplateResult =>
  field({ name, label, value: String(value ?? ""), pattern: "[0-9]*", isOptional: true, hint });
