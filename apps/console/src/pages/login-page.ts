import type { LoginDetail } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import { endedText } from "../ended-text.ts";
import type { Page, PageContext } from "../page.ts";
import { linkTo } from "../page-address.ts";
import { badge, card, facts, field, figure, heading, octets, submitting } from "../parts.ts";
import { Resource } from "../resource.ts";
import { credentialsCard } from "./credentials-card.ts";
import { leaseCard } from "./leases-page.ts";
import { policyCard } from "./policy-card.ts";

/** One login: what opens it, who has it open, and what an operator does about it. */
export function loginPage(context: PageContext, name: string): Page {
  const { api, update, attempt, askFirst, visit } = context;
  const login = new Resource(() => api.login(name), update);
  const lease = visit.may("show-lease") ? leaseCard(context, name) : undefined;
  const credentials = credentialsCard(context, api.credentialsOf(name));

  const policy = policyCard(context, {
    title: "Mail policy",
    lead: "What holds for this login: its own choice or else its domain's, or else the fleet's, each as a whole.",
    whom: name,
    api: api.loginPolicy(name),
    maySet: visit.may("set-mail-policy"),
    mayClear: visit.may("clear-mail-policy"),
  });

  const disable = async (): Promise<void> => {
    const text = `${name} cannot come in any more, by whatever way, and is cut off. Mail stays, and more is taken in.`;
    const sure = await askFirst({ title: "Disable this login?", text, action: "Disable" });
    if (!sure) return;
    await attempt(
      () => api.disableLogin(name),
      (ended) => `${name} is disabled. ${endedText(ended)}`,
    );
    await login.reload();
  };
  const enable = async (): Promise<void> => {
    await attempt(() => api.enableLogin(name), `${name} may come in again.`);
    await login.reload();
  };
  const dropTotp = async (): Promise<void> => {
    const text = `${name} comes in with the password alone. Do it when the phone is lost and you know who asks.`;
    const sure = await askFirst({ title: "Switch one-time codes off?", text, action: "Switch off" });
    if (!sure) return;
    await attempt(() => api.disableTotp(name), "One-time codes are off.");
    await Promise.all([login.reload(), credentials.reload()]);
  };
  const changed = (): void => void credentials.reload();
  const password = visit.may("set-password") ? passwordCard(context, name, changed) : nothing;

  const state = ({ isDisabled, credentials: kinds }: LoginDetail): TemplateResult => html`
    ${
      kinds.includes("totp") && visit.may("disable-totp")
        ? html`<button type="button" @click=${() => void dropTotp()}>Switch one-time codes off</button>`
        : nothing
    }
    ${
      isDisabled
        ? html`<button type="button" @click=${() => void enable()}>Enable</button>`
        : html`<button type="button" class="grave" @click=${() => void disable()}>Disable</button>`
    }
  `;
  return {
    refresh: () => lease?.refresh(),
    view: () => html`
      ${heading(
        name,
        html`<a href=${linkTo("logins")}>All logins</a> · <a href=${linkTo("maildrops", name)}>Messages</a> ·
          <a href=${linkTo("audit", name)}>Audit</a>`,
        login.value === undefined ? nothing : state(login.value),
      )}
      ${login.view(about)} ${lease?.view() ?? nothing} ${credentials.view()}
      ${password} ${policy.view()}
    `,
  };
}

const about = ({ isDisabled, view, maildrop }: LoginDetail): TemplateResult =>
  card(
    "Maildrop",
    facts([
      ["State", stateBadge(isDisabled)],
      ["Sees", view.kind === "whole" ? "everything" : `mail to ${view.localPart}`],
      ["Messages", figure(maildrop.messages)],
      ["Size", octets(maildrop.octets)],
      ["Quota", maildrop.quotaOctets === null ? "none" : octets(maildrop.quotaOctets)],
    ]),
  );

/** May the login come in? */
export const stateBadge = (isDisabled: boolean): TemplateResult =>
  isDisabled ? badge("disabled", "bad") : badge("open", "good");

function passwordCard({ api, attempt }: PageContext, name: string, changed: () => void): TemplateResult {
  const setPassword = submitting(async ({ password = "", keepsAppPasswords }) => {
    const json = { password, keepsAppPasswords: keepsAppPasswords === "on" };
    const isChanged = await attempt(
      () => api.setPassword(name, json),
      (ended) => `The password was changed. ${endedText(ended)}`,
    );
    if (isChanged) changed();
    return isChanged;
  });
  return card(
    "Set the password",
    html`<form class="row" @submit=${setPassword}>
      ${field({ name: "password", label: "New password", type: "password", autocomplete: "new-password" })}
      <label class="check"
        ><input type="checkbox" name="keepsAppPasswords" /> <span>Keep the app passwords</span></label
      >
      <button>Set</button>
    </form>
    <p>What is open is ended. App passwords go, too, unless you keep them: whoever knew the old password could make some.</p>`,
  );
}
