import type { TokenEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import type { InputOf } from "../api.ts";
import type { Page, PageContext } from "../page.ts";
import { card, field, heading, secretOnce, submitting, table, time } from "../parts.ts";
import { LongList } from "../resource.ts";

type NewToken = InputOf<"addToken">;

/** What programs and other operators come in with. */
export function tokensPage({ api, update, attempt, askFirst, visit }: PageContext): Page {
  const list = new LongList((after) => api.tokens({ after }), update);
  let made: { readonly label: string; readonly token: string } | undefined;

  const add = submitting(async (fields) => {
    const isAdded = await attempt(async () => {
      made = await api.addToken(newTokenOf(fields));
    }, "The token was made.");
    if (isAdded) await list.reload();
    return isAdded;
  });
  const revoke = async (label: string): Promise<void> => {
    const text = `Whatever shows the token “${label}”, or one that was made with it, is refused from now on.`;
    const sure = await askFirst({ title: "Revoke this token?", text, action: "Revoke" });
    if (!sure) return;
    await attempt(
      () => api.revokeToken(label, {}),
      ({ revoked }) => `Revoked: ${revoked.join(", ")}.`,
    );
    await list.reload();
  };
  const dismiss = (): void => {
    made = undefined;
    update();
  };
  return {
    view: () => html`
      ${heading("Tokens", "For programs and for other operators: as little as each of them needs.")}
      ${
        made === undefined
          ? nothing
          : secretOnce(`Token “${made.label}”. It is shown this once.`, made.token, dismiss)
      }
      ${list.view((entries) => tokenTable(entries, (label) => void revoke(label)))}
      ${visit.may("add-token") ? card("Make a token", addForm(add)) : nothing}
    `,
  };
}

/** Neither tenant nor domain: for everything. */
function newTokenOf({
  label = "",
  tenant = "",
  domain = "",
  days = "",
}: Readonly<Record<string, string>>): NewToken {
  const role = domain === "" ? (tenant === "" ? "platform" : "tenant") : "domain";
  return {
    label,
    role,
    tenant: tenant === "" ? undefined : tenant,
    domain: domain === "" ? undefined : domain,
    expiresInDays: days === "" ? undefined : Number(days),
  };
}

const tokenTable = (entries: readonly TokenEntry[], revoke: (label: string) => void): TemplateResult =>
  table({
    caption: "Tokens",
    rows: entries,
    empty: "There are no tokens but the server's own.",
    columns: [
      { head: "Label", cell: ({ label }) => label },
      {
        head: "For",
        cell: ({ tenant, domain }) => domain ?? (tenant === null ? "everything" : `tenant ${tenant}`),
      },
      { head: "Made by", cell: ({ createdBy }) => createdBy },
      { head: "Last used", cell: ({ lastUsedAt }) => time(lastUsedAt, "never") },
      { head: "Ends", cell: ({ expiresAt }) => time(expiresAt, "never") },
      {
        head: "",
        isFigure: true,
        cell: ({ label }) =>
          html`<button type="button" class="grave small" @click=${() => revoke(label)}>Revoke</button>`,
      },
    ],
  });

const addForm = (add: (event: SubmitEvent) => Promise<void>): TemplateResult =>
  html`<form class="row" @submit=${add}>
    ${field({ name: "label", label: "Label", hint: "Names it in the audit" })}
    ${field({ name: "domain", label: "Domain", isOptional: true, hint: "For this domain alone" })}
    ${field({ name: "tenant", label: "Tenant", isOptional: true, hint: "For this tenant alone" })}
    ${field({ name: "days", label: "Ends after days", pattern: "[0-9]*", isOptional: true, hint: "Empty: never" })}
    <button>Make a token</button>
  </form>`;
