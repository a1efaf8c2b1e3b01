import type { AuditEntry } from "@poplar/operations";
import { html, type TemplateResult } from "lit-html";
import type { AnswerOf, InputOf } from "../api.ts";
import type { Page, PageContext } from "../page.ts";
import { badge, field, heading, submitting, table, time } from "../parts.ts";
import { LongList } from "../resource.ts";

type AuditQuery = InputOf<"searchAudit">;

/** What happened, the newest first. @param subject what to begin with. */
export function auditPage({ api, update }: PageContext, subject: string): Page {
  let query: AuditQuery = { subject };
  const list = new LongList((after) => api.audit({ ...query, after }), update);
  const search = submitting(async (fields) => {
    query = queryOf(fields);
    await list.reload();
    return false;
  });
  return {
    view: () => html`
      ${heading("Audit", "Who did what, and who came in. The newest first.")}
      <form class="row" role="search" @submit=${search}>
        ${field({ name: "subject", label: "About", value: subject, isOptional: true })}
        ${field({ name: "actor", label: "Done by", isOptional: true })}
        ${field({ name: "action", label: "Action", isOptional: true })}
        ${field({ name: "outcome", label: "Outcome", isOptional: true })}
        ${field({ name: "address", label: "Address", isOptional: true })}
        ${field({ name: "since", label: "Since", type: "datetime-local", isOptional: true })}
        <button>Search</button>
      </form>
      ${list.view(auditTable)}
    `,
  };
}

/** An owner's own. */
export function activityPage({ api, update }: PageContext): Page {
  const load = (after: string | undefined): Promise<AnswerOf<"searchAudit">> => api.myAudit({ after });
  const list = new LongList(load, update);
  return {
    view: () => html`
      ${heading("Activity", "Who came to your mail, from where, and what was changed.")}
      ${list.view(auditTable)}
    `,
  };
}

function queryOf({ since = "", ...words }: Readonly<Record<string, string>>): AuditQuery {
  return { ...words, since: since === "" ? undefined : new Date(since).toISOString() };
}

const auditTable = (entries: readonly AuditEntry[]): TemplateResult =>
  table({
    caption: "Audit",
    rows: entries,
    empty: "Nothing of that kind is in the audit.",
    columns: [
      { head: "When", cell: ({ at }) => time(at) },
      { head: "Action", cell: ({ action }) => action },
      {
        head: "Outcome",
        cell: ({ outcome }) => badge(outcome, outcome === "done" ? "good" : "bad"),
      },
      { head: "About", cell: ({ subject }) => subject },
      { head: "By", cell: ({ actor, mechanism }) => actor ?? mechanism ?? "–" },
      { head: "Address", cell: ({ address }) => html`<code>${address ?? "–"}</code>` },
    ],
  });
