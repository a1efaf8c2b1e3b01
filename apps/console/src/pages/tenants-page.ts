import type { DomainEntry, TenantEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import { type Page, type PageContext } from "../page.ts";
import { linkTo } from "../page-address.ts";
import { card, field, figure, heading, submitting, table } from "../parts.ts";
import { LongList } from "../resource.ts";
import { domainTable } from "./domains-page.ts";

/** The tenants, or the domains of the one that is named. */
export const tenantsPage = (context: PageContext, subject: string): Page =>
  subject === "" ? listPage(context) : tenantPage(context, subject);

function listPage({ api, update, attempt, visit }: PageContext): Page {
  const list = new LongList((after) => api.tenants({ after }), update);
  const add = submitting(async ({ name = "" }) => {
    const isAdded = await attempt(() => api.addTenant({ name }), `${name} was added.`);
    if (isAdded) await list.reload();
    return isAdded;
  });
  const form = html`<form class="row" @submit=${add}>
    ${field({ name: "name", label: "Tenant", hint: "A word in lower case, such as acme" })}
    <button>Add</button>
  </form>`;
  return {
    view: () => html`
      ${heading("Tenants", "Customers with domains and tokens of their own.")} ${list.view(tenantTable)}
      ${visit.may("add-tenant") ? card("Add a tenant", form) : nothing}
    `,
  };
}

const tenantTable = (entries: readonly TenantEntry[]): TemplateResult =>
  table({
    caption: "Tenants",
    rows: entries,
    empty: "There are no tenants yet.",
    columns: [
      { head: "Tenant", cell: ({ name }) => html`<a href=${linkTo("tenants", name)}>${name}</a>` },
      { head: "Domains", cell: ({ domains }) => figure(domains), isFigure: true },
    ],
  });

function tenantPage({ api, update, attempt, askFirst, visit }: PageContext, tenant: string): Page {
  // Asked first: a list of the domains of nobody would be empty, and no problem.
  const domains = new LongList<DomainEntry>(async (after) => {
    await api.tenant(tenant);
    return api.domains({ after, tenant });
  }, update);
  const move = submitting(async ({ name = "" }) => {
    const text = `${name} goes to ${tenant} with its logins and their mail. Tokens for the domain end.`;
    const sure = await askFirst({ title: "Give this domain away?", text, action: "Give it away" });
    if (!sure) return false;
    const isMoved = await attempt(() => api.moveDomain(name, { tenant }), `${name} was given to ${tenant}.`);
    if (isMoved) await domains.reload();
    return isMoved;
  });
  const remove = async (): Promise<void> => {
    const text = `${tenant} and its tokens are removed. That works only while it has no domains.`;
    const sure = await askFirst({ title: "Remove this tenant?", text, action: "Remove" });
    if (!sure) return;
    const isRemoved = await attempt(() => api.removeTenant(tenant), `${tenant} was removed.`);
    if (isRemoved) location.hash = linkTo("tenants");
  };
  const removeButton = html`<button type="button" class="grave" @click=${() => void remove()}>Remove</button>`;
  const moveForm = html`<form class="row" @submit=${move}>
    ${field({ name: "name", label: "Domain", hint: "One that is here already" })}
    <button>Give</button>
  </form>`;
  return {
    view: () => html`
      ${heading(
        tenant,
        html`<a href=${linkTo("tenants")}>All tenants</a> · <a href=${linkTo("tokens")}>Tokens</a>`,
        visit.may("remove-tenant") ? removeButton : nothing,
      )}
      ${card(
        "Domains",
        domains.view((entries) => domainTable(entries, visit)),
      )}
      ${visit.may("move-domain") ? card("Give it a domain", moveForm) : nothing}
    `,
  };
}
