import type { MaildropEntry, MessageEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import type { Page, PageContext } from "../page.ts";
import { linkTo } from "../page-address.ts";
import { card, figure, heading, octets, table, time } from "../parts.ts";
import { LongList } from "../resource.ts";
import { deliverCard } from "./deliver-card.ts";
import { hiddenCard } from "./hidden-card.ts";
import { quotaCard } from "./quota-card.ts";

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
  const { api, update, visit } = context;
  const maildrop = api.maildropOf(login);
  const messages = new LongList((after) => maildrop.messages({ after }), update);
  const quota = quotaCard(context, login);
  const reload = async (): Promise<void> => {
    await Promise.all([messages.reload(), quota.reload()]);
  };
  const hidden = hiddenCard(context, maildrop, () => void reload());
  const deliver = deliverCard(context, login, reload);
  return {
    view: () => html`
      ${heading(
        login,
        html`<a href=${linkTo("maildrops")}>All maildrops</a> · <a href=${linkTo("logins", login)}>Login</a>`,
        html`<button type="button" @click=${() => void reload()}>Refresh</button>`,
      )}
      ${quota.view()} ${card("Messages", messages.view(messageTable))} ${hidden.view()}
      ${visit.may("deliver-message") ? deliver : nothing}
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
