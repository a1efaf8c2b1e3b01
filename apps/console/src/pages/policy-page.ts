import { html } from "lit-html";
import type { Page, PageContext } from "../page.ts";
import { heading } from "../parts.ts";
import { policyCard } from "./policy-card.ts";

/** What holds for everybody for whom nothing else was chosen. */
export function fleetPolicyPage(context: PageContext): Page {
  const { api, visit } = context;
  const policy = policyCard(context, {
    title: "The fleet's choice",
    lead: "For all logins that have no choice of their own, and whose domains have none.",
    whom: "all logins for which nothing else was chosen",
    api: api.fleetPolicy(),
    maySet: visit.may("set-fleet-mail-policy"),
    mayClear: visit.may("clear-fleet-mail-policy"),
  });
  return {
    view: () => html`
      ${heading(
        "Mail policy",
        "How long mail is kept, and what POP shows of it. Domains and logins choose on their own pages.",
      )}
      ${policy.view()}
    `,
  };
}
