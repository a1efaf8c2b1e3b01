import type { MaildropEntry, MessageEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import { linkTo, type Page, type PageContext } from "../page.ts";
import { card, field, figure, heading, octets, table, time } from "../parts.ts";
import { LongList } from "../resource.ts";
import { hiddenCard } from "./hidden-card.ts";

/** The maildrops, or what was delivered to the one that is named. */
export const maildropsPage = (context: PageContext, subject: string): Page =>
  subject === "" ? listPage(context) : messagesPage(context, subject);

function listPage({ api, update }: PageContext): Page {
  const list = new LongList((after) => api.maildrops({ after }), update);
  return {
    view: () => html`
      ${heading("Maildrops", "What was delivered, and what was deleted and can be restored.")}
      ${list.view(maildropTable)}
    `,
  };
}

const maildropTable = (entries: readonly MaildropEntry[]): TemplateResult =>
  table({
    caption: "Maildrops",
    rows: entries,
    empty: "There are no maildrops yet.",
    columns: [
      { head: "Maildrop", cell: ({ name }) => html`<a href=${linkTo("maildrops", name)}>${name}</a>` },
      { head: "Messages", cell: ({ messages }) => figure(messages), isFigure: true },
      { head: "Size", cell: ({ octets: size }) => octets(size), isFigure: true },
      {
        head: "Quota",
        cell: ({ quotaOctets }) => (quotaOctets === null ? "none" : octets(quotaOctets)),
        isFigure: true,
      },
      { head: "Since", cell: ({ createdAt }) => time(createdAt) },
    ],
  });

function messagesPage(context: PageContext, login: string): Page {
  const { api, update, attempt, visit } = context;
  const maildrop = api.maildropOf(login);
  const messages = new LongList((after) => maildrop.messages({ after }), update);
  const hidden = hiddenCard(context, maildrop, () => void messages.reload());
  const deliver = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const fields = new FormData(form);
    const file = fields.get("message");
    if (!(file instanceof Blob)) return;
    const reversePath = fields.get("reversePath");
    if (typeof reversePath !== "string") return;
    const isDone = await attempt(() => api.deliver(login, file, reversePath), "The message was delivered.");
    if (isDone) form.reset();
    await messages.reload();
  };
  return {
    view: () => html`
      ${heading(
        login,
        html`<a href=${linkTo("maildrops")}>All maildrops</a> · <a href=${linkTo("logins", login)}>Login</a>`,
        html`<button type="button" @click=${() => void messages.reload()}>Refresh</button>`,
      )}
      ${card("Messages", messages.view(messageTable))} ${hidden.view()}
      ${visit.may("deliver-message") ? card("Deliver a message", deliverForm(deliver)) : nothing}
    `,
  };
}

/** Envelopes, never content. */
export const messageTable = (entries: readonly MessageEntry[]): TemplateResult =>
  table({
    caption: "Messages",
    rows: entries,
    empty: "There is no mail.",
    columns: [
      { head: "Received", cell: ({ receivedAt }) => time(receivedAt) },
      { head: "From", cell: ({ reversePath }) => (reversePath === "" ? "<>" : reversePath) },
      { head: "To", cell: ({ recipient }) => recipient },
      { head: "Size", cell: ({ octets: size }) => octets(size), isFigure: true },
      { head: "Unique-id", cell: ({ uniqueId }) => html`<code>${uniqueId}</code>` },
    ],
  });

const deliverForm = (deliver: (event: SubmitEvent) => Promise<void>): TemplateResult =>
  html`<form class="row" @submit=${deliver}>
    <label class="field"
      ><span>File</span> <input type="file" name="message" accept=".eml,message/rfc822,text/plain" required />
    </label>
    ${field({ name: "reversePath", label: "Return-Path", isOptional: true, hint: "Empty: none" })}
    <button>Deliver</button>
  </form>`;
