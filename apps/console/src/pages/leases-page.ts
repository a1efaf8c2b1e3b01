import type { LeaseEntry } from "@poplar/operations";
import { html, type TemplateResult } from "lit-html";
import type { Page, PageContext } from "../page.ts";
import { linkTo } from "../page-address.ts";
import { ago, badge, card, field, heading, submitting, table } from "../parts.ts";
import { Resource } from "../resource.ts";

/** Who has which maildrop open: those of live sessions, or the one that somebody asks for. */
export function leasesPage(context: PageContext, subject: string): Page {
  const { api, update } = context;
  const open = new Resource(() => api.sessions(), update);
  const lease = subject === "" ? undefined : leaseCard(context, subject);
  const look = submitting(async ({ login = "" }) => {
    location.hash = linkTo("leases", login.trim());
    return true;
  });
  return {
    refresh: () => {
      void open.reload();
      lease?.refresh();
    },
    view: () => html`
      ${heading("Leases", "A maildrop is open to one session at a time. To break its lease ends that session, which deletes nothing.")}
      <form class="row" @submit=${look}>
        ${field({ name: "login", label: "Login", value: subject })}
        <button>Look</button>
      </form>
      ${lease?.view() ?? ""}
      ${card(
        "Open now",
        open.view(({ sessions }) => openTable(sessions.flatMap(({ login }) => login ?? []))),
      )}
    `,
  };
}

const openTable = (logins: readonly string[]): TemplateResult =>
  table({
    caption: "Logins with a maildrop open",
    rows: [...new Set(logins)],
    empty: "Nobody has a maildrop open.",
    columns: [{ head: "Login", cell: (login) => html`<a href=${linkTo("leases", login)}>${login}</a>` }],
  });

/** Who has the maildrop of a login open, and a way to take it away. */
export function leaseCard(
  { api, update, attempt, askFirst, visit }: PageContext,
  login: string,
): { readonly refresh: () => void; readonly view: () => TemplateResult } {
  const lease = new Resource(() => api.lease(login), update);
  const breakIt = async (): Promise<void> => {
    const sure = await askFirst({
      title: "Break the lease?",
      text: `Whoever has the maildrop of ${login} open is cut off, and what was marked as deleted stays.`,
      action: "Break the lease",
    });
    if (!sure) return;
    await attempt(() => api.breakLease(login), "The lease was broken.");
    await lease.reload();
  };
  const isHeld = () => visit.may("break-lease") && (lease.value?.entries.length ?? 0) > 0;
  return {
    refresh: () => void lease.reload(),
    view: () =>
      card(
        `Lease of ${login}`,
        lease.view(({ entries }) => holders(entries)),
        isHeld()
          ? html`<button type="button" class="grave" @click=${() => void breakIt()}>Break the lease</button>`
          : "",
      ),
  };
}

const holders = (entries: readonly LeaseEntry[]): TemplateResult =>
  table({
    caption: "Who has it open",
    rows: entries,
    empty: "Nobody has it open.",
    columns: [
      { head: "Login", cell: ({ login }) => login },
      { head: "Address", cell: ({ address }) => html`<code>${address}</code>` },
      { head: "Sees", cell: ({ view }) => badge(view.kind === "whole" ? "everything" : view.localPart) },
      { head: "Open for", cell: ({ since }) => ago(since), isFigure: true },
      { head: "Session", cell: ({ sessionId }) => html`<code>${sessionId}</code>` },
    ],
  });
