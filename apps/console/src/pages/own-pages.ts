import type { LoginDetail, SessionEntry, SessionsEntry } from "@poplar/operations";
import { html, type TemplateResult } from "lit-html";
import type { Page, PageContext } from "../page.ts";
import { card, facts, field, figure, heading, octets, submitting, table, usernameField } from "../parts.ts";
import { Resource } from "../resource.ts";
import { credentialsCard } from "./credentials-card.ts";
import { hiddenCard } from "./hidden-card.ts";
import { policyCard } from "./policy-card.ts";
import { connectionColumns, kickButton, silentNote } from "./sessions-page.ts";

/** An owner's mail, the devices that are connected, and the lock that one of them holds. */
export function ownMailPage(context: PageContext): Page {
  const { api, update, attempt, askFirst, visit } = context;
  const policy = policyCard(context, {
    title: "How long mail is kept",
    lead: "Chosen by whoever looks after your mail.",
    whom: visit.access.login ?? "",
    api: api.ownPolicy(),
    maySet: visit.may("set-mail-policy"),
    mayClear: visit.may("clear-mail-policy"),
  });
  const me = new Resource(() => api.me(), update);
  const sessions = new Resource(() => api.mySessions(), update);
  const end = async (session: SessionEntry): Promise<void> => {
    const { sessionId } = session;
    await attempt(() => api.kickMine({ sessionId }), "The device was cut off.");
    await sessions.reload();
  };
  const release = async (): Promise<void> => {
    const sure = await askFirst({
      title: "Release the lock?",
      text: "Every device that has your mail open is cut off. Nothing is deleted, and each may connect again.",
      action: "Release my lock",
    });
    if (!sure) return;
    await attempt(() => api.kickMine({}), "The lock is released: your mail can be opened.");
    await sessions.reload();
  };
  const list = ({ sessions: open, silentNodes }: SessionsEntry): TemplateResult => html`
    ${silentNote(silentNodes)}
    ${table({
      caption: "Devices that are connected",
      rows: open,
      empty: "No device is connected: your mail is free.",
      columns: [
        ...connectionColumns,
        { head: "", isFigure: true, cell: (session) => kickButton("Cut off", () => void end(session)) },
      ],
    })}
  `;
  const releaseButton = html`<button type="button" class="grave" @click=${() => void release()}>
    Release my lock
  </button>`;
  return {
    refresh: () => void sessions.reload(),
    view: () => html`
      ${heading("My mail", "One device at a time has your mail open. One that hangs keeps the others out.")}
      ${me.view(about)}
      ${card(
        "Sessions and devices",
        sessions.view(list),
        (sessions.value?.sessions.length ?? 0) > 0 ? releaseButton : "",
      )}
      ${policy.view()}
    `,
  };
}

const about = ({ name, maildrop }: LoginDetail): TemplateResult =>
  card(
    name,
    facts([
      ["Messages", figure(maildrop.messages)],
      ["Size", octets(maildrop.octets)],
      ["Quota", maildrop.quotaOctets === null ? "none" : octets(maildrop.quotaOctets)],
    ]),
  );

/** An owner's passwords. */
export function ownPasswordsPage(context: PageContext): Page {
  const { api, attempt, visit } = context;
  const credentials = credentialsCard(context, api.ownCredentials());
  const change = submitting(
    async ({ currentPassword = "", password = "", code = "", revokesAppPasswords }) => {
      const keepsAppPasswords = revokesAppPasswords !== "on";
      const json = { currentPassword, password, keepsAppPasswords, ...(code !== "" && { code }) };
      const isChanged = await attempt(() => api.changeMyPassword(json), "Your password was changed.");
      // All tokens of the login have ended with its password, and so has this visit.
      if (isChanged) await credentials.reload();
      return isChanged;
    },
  );
  return {
    view: () => html`
      ${heading("Passwords", "Give each device a password of its own: a lost one is then taken back by itself.")}
      ${credentials.view()}
      ${card(
        "Change my password",
        html`<form class="row" @submit=${change}>
          ${usernameField(visit.access.login ?? "")}
          ${field({ name: "currentPassword", label: "Password now", type: "password", autocomplete: "current-password" })}
          ${field({ name: "password", label: "New password", type: "password", autocomplete: "new-password" })}
          ${field({
            name: "code",
            label: "One-time code",
            pattern: "[0-9]{6}",
            autocomplete: "one-time-code",
            isOptional: true,
            hint: "If you have switched them on",
          })}
          <label class="check"
            ><input type="checkbox" name="revokesAppPasswords" />
            <span>Somebody may have known it: revoke my app passwords, too</span></label
          >
          <button>Change</button>
        </form>`,
      )}
    `,
  };
}

/** An owner's deleted mail. */
export function ownDeletedPage(context: PageContext): Page {
  const hidden = hiddenCard(context, context.api.ownMaildrop());
  return {
    view: () => html`
      ${heading("Deleted mail", "What a program deleted by mistake comes back as it was, with its unique-id.")}
      ${hidden.view()}
    `,
  };
}
