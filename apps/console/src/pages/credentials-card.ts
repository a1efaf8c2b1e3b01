import type { CredentialEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import type { CredentialsApi } from "../api.ts";
import type { PageContext } from "../page.ts";
import { card, field, secretOnce, submitting, table, time } from "../parts.ts";
import { Resource } from "../resource.ts";

/** What opens a login, with app passwords to add and to revoke; for its owner and for operators alike. */
export function credentialsCard(
  { update, attempt, askFirst }: PageContext,
  api: CredentialsApi,
): { readonly reload: () => Promise<void>; readonly view: () => TemplateResult } {
  const list = new Resource(() => api.list(), update);
  let made: { readonly label: string; readonly password: string } | undefined;

  const add = submitting(async ({ label = "", days = "" }) => {
    const isAdded = await attempt(async () => {
      const expiresInDays = days === "" ? undefined : Number(days);
      const { password } = await api.addAppPassword({ label, expiresInDays });
      made = { label, password };
    }, "The app password was made.");
    if (isAdded) await list.reload();
    return isAdded;
  });
  const revoke = async (label: string): Promise<void> => {
    const text = `The device “${label}” cannot come in any more.`;
    const sure = await askFirst({ title: "Revoke this app password?", text, action: "Revoke" });
    if (!sure) return;
    await attempt(() => api.revokeAppPassword(label), "The app password was revoked.");
    if (made?.label === label) made = undefined;
    await list.reload();
  };
  const dismiss = (): void => {
    made = undefined;
    update();
  };
  return {
    reload: () => list.reload(),
    view: () =>
      card(
        "What opens it",
        html`
          ${
            made === undefined
              ? nothing
              : secretOnce(`App password for “${made.label}”. It is shown this once.`, made.password, dismiss)
          }
          ${list.view(({ entries }) => credentialTable(entries, (label) => void revoke(label)))}
          <form class="row" @submit=${add}>
            ${field({ name: "label", label: "App password for", hint: "One for each device, such as phone" })}
            ${field({ name: "days", label: "Ends after days", pattern: "[0-9]*", isOptional: true, hint: "Empty: never" })}
            <button>Make an app password</button>
          </form>
        `,
      ),
  };
}

const credentialTable = (
  entries: readonly CredentialEntry[],
  revoke: (label: string) => void,
): TemplateResult =>
  table({
    caption: "Credentials",
    rows: entries,
    empty: "Nothing opens this login.",
    columns: [
      { head: "Kind", cell: ({ kind }) => kindWords[kind] ?? kind },
      { head: "For", cell: ({ label, subject }) => label ?? subject ?? "–" },
      { head: "Made", cell: ({ createdAt }) => time(createdAt) },
      { head: "Last used", cell: ({ lastUsedAt }) => time(lastUsedAt) },
      { head: "Ends", cell: ({ expiresAt }) => time(expiresAt, "never") },
      {
        head: "",
        isFigure: true,
        cell: ({ kind, label }) =>
          kind === "app-password" && label !== null
            ? html`<button type="button" class="grave small" @click=${() => revoke(label)}>Revoke</button>`
            : nothing,
      },
    ],
  });

const kindWords: Readonly<Record<string, string>> = {
  password: "Password",
  "app-password": "App password",
  totp: "One-time codes",
  "scram-sha-1": "SCRAM-SHA-1",
  "scram-sha-256": "SCRAM-SHA-256",
  "shared-secret": "Shared secret",
  "kerberos-principal": "Kerberos principal",
};
