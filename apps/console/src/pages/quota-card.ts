import type { MaildropEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import type { PageContext } from "../page.ts";
import { card, facts, field, figure, octets, submitting } from "../parts.ts";
import { quotaIn, quotaText } from "../quota-text.ts";
import { Resource } from "../resource.ts";
import { ApiProblem } from "../send.ts";

/** How much a maildrop holds, and how much it may. */
export function quotaCard(
  { api, update, attempt, visit }: PageContext,
  login: string,
): { readonly reload: () => Promise<void>; readonly view: () => TemplateResult } {
  const maildrop = new Resource(() => api.maildrop(login), update);
  const set = submitting(async ({ quota = "" }) => {
    const isSet = await attempt(async () => {
      const quotaOctets = quotaIn(quota);
      if (quotaOctets === undefined)
        throw new ApiProblem(0, "invalid-input", "Give octets, such as 500M or 2G.");
      await api.setQuota(login, { quotaOctets });
    }, "The quota was set.");
    if (isSet) await maildrop.reload();
    return isSet;
  });
  const form = ({ quotaOctets }: MaildropEntry): TemplateResult =>
    html`<form class="row" @submit=${set}>
      ${field({
        name: "quota",
        label: "Quota",
        value: quotaText(quotaOctets),
        isOptional: true,
        hint: "Such as 500M or 2G; empty: none",
      })}
      <button>Set the quota</button>
    </form>`;
  return {
    reload: () => maildrop.reload(),
    view: () =>
      card(
        "What it holds",
        maildrop.view(
          (found) => html`${facts([
            ["Messages", figure(found.messages)],
            ["Size", octets(found.octets)],
            ["Quota", found.quotaOctets === null ? "none" : octets(found.quotaOctets)],
          ])}
          ${visit.may("set-quota") ? form(found) : nothing}`,
        ),
      ),
  };
}
