import type { SessionEntry } from "@poplar/operations";
import { html, nothing, type TemplateResult } from "lit-html";
import type { AnswerOf } from "../api.ts";
import type { Page, PageContext } from "../page.ts";
import { linkTo } from "../page-address.ts";
import { ago, badge, type Column, figure, heading, octets, table } from "../parts.ts";
import { Resource } from "../resource.ts";

/** Who is connected, at this moment. */
export function sessionsPage({ api, update, attempt, askFirst }: PageContext): Page {
  const sessions = new Resource(() => api.sessions(), update);
  let wanted = "";
  const kick = async ({ sessionId, login, address }: SessionEntry): Promise<void> => {
    const sure = await askFirst({
      title: "End this session?",
      text: `${login ?? "Somebody who has not logged in"}, from ${address}, is cut off. Nothing is deleted, and the client may come back.`,
      action: "End the session",
    });
    if (!sure) return;
    await attempt(() => api.kick({ sessionId }), "The session was ended.");
    await sessions.reload();
  };
  const columns: readonly Column<SessionEntry>[] = [
    { head: "Login", cell: ({ login }) => loginLink(login) },
    ...connectionColumns,
    { head: "", isFigure: true, cell: (session) => kickButton("End", () => void kick(session)) },
  ];
  const search = (event: InputEvent): void => {
    if (event.target instanceof HTMLInputElement) wanted = event.target.value.trim().toLowerCase();
    update();
  };
  const isWanted = ({ login, address, sessionId }: SessionEntry): boolean =>
    [login, address, sessionId].some((text) => text?.includes(wanted));
  const list = ({ sessions: all, silentNodes, next }: AnswerOf<"listSessions">): TemplateResult => html`
    ${silentNote(silentNodes)}
    <p class="count">${figure(all.length)} open${next === null ? "" : " longest; there are more"}</p>
    ${table({
      caption: "Live sessions",
      columns,
      rows: all.filter(isWanted),
      empty: all.length === 0 ? "Nobody is connected." : "No session is like that.",
    })}
  `;
  return {
    refresh: () => void sessions.reload(),
    view: () => html`
      ${heading(
        "Live sessions",
        "Of every front end, the oldest first. This list follows by itself.",
        html`<button type="button" @click=${() => void sessions.reload()}>Refresh</button>`,
      )}
      <label class="search"
        ><span class="unseen">Find by login, address or id</span>
        <input type="search" placeholder="Find by login, address or id" @input=${search} />
      </label>
      ${sessions.view(list)}
    `,
  };
}

const loginLink = (login: string | null): TemplateResult =>
  login === null ? badge("not logged in") : html`<a href=${linkTo("logins", login)}>${login}</a>`;

/** What is known of a connection. */
export const connectionColumns: readonly Column<SessionEntry>[] = [
  { head: "Address", cell: ({ address }) => html`<code>${address}</code>` },
  { head: "Listener", cell: ({ listener, tlsVersion }) => html`${listener} ${tlsMark(tlsVersion)}` },
  { head: "Mechanism", cell: ({ mechanism }) => mechanism ?? "–" },
  { head: "Open for", cell: ({ since }) => ago(since), isFigure: true },
  { head: "Commands", cell: ({ commands }) => figure(commands), isFigure: true },
  { head: "Sent", cell: ({ octetsSent }) => octets(octetsSent), isFigure: true },
];

const tlsMark = (version: string | null): TemplateResult =>
  version === null ? badge("no TLS", "bad") : badge(version, "good");

/** Ends something that is open. */
export const kickButton = (label: string, kick: () => void): TemplateResult =>
  html`<button type="button" class="grave small" @click=${kick}>${label}</button>`;

/** Processes that did not answer in time. */
export const silentNote = (nodes: readonly string[]): TemplateResult | typeof nothing =>
  nodes.length === 0
    ? nothing
    : html`<p class="note problem">${nodes.join(", ")} did not answer: sessions there are missing here.</p>`;
