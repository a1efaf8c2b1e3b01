import type { DomainEntry, DomainRecord } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import type { Page, PageContext } from "../page.ts";
import { linkTo } from "../page-address.ts";
import { card, field, figure, heading, submitting, table, time } from "../parts.ts";
import { LongList, Resource } from "../resource.ts";
import type { Visit } from "../visit.ts";
import { policyCard } from "./policy-card.ts";

/** The domains, or the policy of the one that is named and what to publish for it. */
export const domainsPage = (context: PageContext, subject: string): Page =>
  subject === "" ? listPage(context) : domainPage(context, subject);

function listPage({ api, update, attempt, visit }: PageContext): Page {
  const list = new LongList((after) => api.domains({ after }), update);
  const add = submitting(async ({ name = "", tenant = "" }) => {
    const json = { name, ...(tenant !== "" && { tenant }) };
    const isAdded = await attempt(() => api.addDomain(json), `${name} was added.`);
    if (isAdded) await list.reload();
    return isAdded;
  });
  return {
    view: () => html`
      ${heading("Domains", "Whose mail is kept here.")} ${list.view((entries) => domainTable(entries, visit))}
      ${
        visit.may("add-domain")
          ? card(
              "Add a domain",
              html`<form class="row" @submit=${add}>
              ${field({ name: "name", label: "Domain", hint: "Such as example.org" })}
              ${
                visit.may("list-tenants")
                  ? field({
                      name: "tenant",
                      label: "Tenant",
                      isOptional: true,
                      hint: "Empty: of nobody in particular",
                    })
                  : nothing
              }
              <button>Add</button>
            </form>`,
            )
          : nothing
      }
    `,
  };
}

/** Domains; their tenants are links for whoever may see them. */
export const domainTable = (entries: readonly DomainEntry[], { may }: Visit): TemplateResult =>
  table({
    caption: "Domains",
    rows: entries,
    empty: "There are no domains yet.",
    columns: [
      { head: "Domain", cell: ({ name }) => html`<a href=${linkTo("domains", name)}>${name}</a>` },
      {
        head: "Tenant",
        cell: ({ tenant }) =>
          may("show-tenant") ? html`<a href=${linkTo("tenants", tenant)}>${tenant}</a>` : tenant,
      },
      { head: "Logins", cell: ({ logins }) => figure(logins), isFigure: true },
      { head: "Since", cell: ({ createdAt }) => time(createdAt) },
    ],
  });

function domainPage(context: PageContext, name: string): Page {
  const { api, update, attempt, askFirst, visit } = context;
  const records = new Resource(() => api.domainRecords(name), update);
  const policy = policyCard(context, {
    title: "Mail policy",
    lead: "For logins of this domain without a choice of their own. While nothing is chosen, the fleet's choice holds.",
    whom: `all logins of ${name} without a choice of their own`,
    api: api.domainPolicy(name),
    maySet: visit.may("set-domain-mail-policy"),
    mayClear: visit.may("clear-domain-mail-policy"),
  });
  const remove = async (): Promise<void> => {
    const text = `${name} is given up. That works only while it has no logins.`;
    const sure = await askFirst({ title: "Remove this domain?", text, action: "Remove" });
    if (!sure) return;
    const isRemoved = await attempt(() => api.removeDomain(name), `${name} was removed.`);
    if (isRemoved) location.hash = linkTo("domains");
  };
  return {
    view: () => html`
      ${heading(
        name,
        html`<a href=${linkTo("domains")}>All domains</a>`,
        visit.may("remove-domain")
          ? html`<button type="button" class="grave" @click=${() => void remove()}>Remove</button>`
          : nothing,
      )}
      ${card(
        "Records to publish",
        records.view(({ entries }) => recordsView(entries)),
      )}
      ${policy.view()}
    `,
  };
}

const recordsView = (entries: readonly DomainRecord[]): TemplateResult => html`
  ${table({
    caption: "DNS records",
    rows: entries,
    empty: "There is nothing to publish.",
    columns: [
      { head: "Name", cell: ({ name }) => html`<code>${name}</code>` },
      { head: "Type", cell: ({ type }) => type },
      { head: "Value", cell: ({ value }) => html`<code>${value}</code>` },
      { head: "For", cell: ({ why }) => why },
    ],
  })}
  <p class="note">MX records name whoever takes your mail in, which is not Poplar: they are yours to write.</p>
`;
