import type { LoginEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import type { Page, PageContext } from "../page.ts";
import { linkTo } from "../page-address.ts";
import { card, field, heading, submitting, table, time } from "../parts.ts";
import { LongList } from "../resource.ts";
import { loginPage, stateBadge } from "./login-page.ts";

/** All logins, or the one that is named. */
export const loginsPage = (context: PageContext, subject: string): Page =>
  subject === "" ? listPage(context) : loginPage(context, subject);

function listPage({ api, update, attempt, visit }: PageContext): Page {
  let prefix = "";
  // Names come in their order: those that begin alike follow each other, right after what they begin with.
  const list = new LongList(async (after) => {
    const exact = after === undefined && prefix.includes("@") ? await exactly(prefix) : [];
    const { entries, next } = await api.logins({ after: after ?? (prefix === "" ? undefined : prefix) });
    const found = entries.filter(({ name }) => name.startsWith(prefix));
    return { entries: [...exact, ...found], next: found.length < entries.length ? null : next };
  }, update);

  /** The slice begins after this name: whether it exists itself is asked for apart. */
  async function exactly(name: string): Promise<readonly LoginEntry[]> {
    const { entries } = await api.logins({ after: before(name), limit: 10 });
    return entries.filter((entry) => entry.name === name);
  }

  const search = submitting(async ({ prefix: text = "" }) => {
    prefix = text.trim().toLowerCase();
    await list.reload();
    return false;
  });
  const add = submitting(async ({ name = "", password = "" }) => {
    const isAdded = await attempt(() => api.addLogin({ name, password }), `${name} was added.`);
    if (isAdded) await list.reload();
    return isAdded;
  });
  return {
    view: () => html`
      ${heading("Logins", "Who may collect mail.")}
      <form class="row" role="search" @submit=${search}>
        ${field({ name: "prefix", label: "Begins with", isOptional: true })}
        <button>Find</button>
      </form>
      ${list.view(loginTable)} ${visit.may("add-login") ? addForm(add) : nothing}
    `,
  };
}

/** The last name that could stand before this one. */
const before = (name: string): string => name.slice(0, -1);

const loginTable = (entries: readonly LoginEntry[]): TemplateResult =>
  table({
    caption: "Logins",
    rows: entries,
    empty: "There is no such login.",
    columns: [
      { head: "Name", cell: ({ name }) => html`<a href=${linkTo("logins", name)}>${name}</a>` },
      { head: "State", cell: ({ isDisabled }) => stateBadge(isDisabled) },
      {
        head: "Sees",
        cell: ({ view }) => (view.kind === "whole" ? "everything" : `mail to ${view.localPart}`),
      },
      { head: "Since", cell: ({ createdAt }) => time(createdAt) },
    ],
  });

const addForm = (add: (event: SubmitEvent) => Promise<void>): TemplateResult =>
  card(
    "Add a login",
    html`<form class="row" @submit=${add}>
      ${field({ name: "name", label: "Address" })}
      ${field({ name: "password", label: "Password", type: "password", autocomplete: "new-password" })}
      <button>Add</button>
    </form>`,
  );
