import type { DomainEntry, DomainRecord } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import { linkTo, type Page, type PageContext } from "../page.ts";
import { card, field, figure, heading, submitting, table, time } from "../parts.ts";
import { LongList, Resource } from "../resource.ts";

/** The domains, or what to publish for the one that is named. */
export const domainsPage = (context: PageContext, subject: string): Page =>
  subject === "" ? listPage(context) : recordsPage(context, subject);

function listPage({ api, update, attempt, visit }: PageContext): Page {
  const list = new LongList((after) => api.domains({ after }), update);
  const add = submitting(async ({ name = "" }) => {
    const isAdded = await attempt(() => api.addDomain({ name }), `${name} was added.`);
    if (isAdded) await list.reload();
    return isAdded;
  });
  return {
    view: () => html`
      ${heading("Domains", "Whose mail is kept here.")} ${list.view(domainTable)}
      ${
        visit.may("add-domain")
          ? card(
              "Add a domain",
              html`<form class="row" @submit=${add}>
              ${field({ name: "name", label: "Domain", hint: "Such as example.org" })}
              <button>Add</button>
            </form>`,
            )
          : nothing
      }
    `,
  };
}

const domainTable = (entries: readonly DomainEntry[]): TemplateResult =>
  table({
    caption: "Domains",
    rows: entries,
    empty: "There are no domains yet.",
    columns: [
      { head: "Domain", cell: ({ name }) => html`<a href=${linkTo("domains", name)}>${name}</a>` },
      { head: "Tenant", cell: ({ tenant }) => tenant },
      { head: "Logins", cell: ({ logins }) => figure(logins), isFigure: true },
      { head: "Since", cell: ({ createdAt }) => time(createdAt) },
    ],
  });

function recordsPage({ api, update, attempt, askFirst, visit }: PageContext, name: string): Page {
  const records = new Resource(() => api.domainRecords(name), update);
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
