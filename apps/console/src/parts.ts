import { html, nothing, type TemplateResult } from "lit-html";

/** A column of a table. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => unknown;
  /** Figures stand at the right. */
  readonly isFigure?: boolean;
}

/** What a table is made from. */
export interface TableParts<Row> {
  /** For those who hear the page. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Said instead of a table without rows. */
  readonly empty: string;
}

/** A table; on a narrow screen each row is a card. */
export function table<Row>({ caption, columns, rows, empty }: TableParts<Row>): TemplateResult {
  if (rows.length === 0) return html`<p class="note">${empty}</p>`;
  const classOf = ({ isFigure }: Column<Row>) => (isFigure === true ? "figure" : nothing);
  return html`<table>
    <caption class="unseen">
      ${caption}
    </caption>
    <thead>
      <tr>
        ${columns.map((column) => html`<th scope="col" class=${classOf(column)}>${column.head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${columns.map(
              (column) =>
                html`<td data-head=${column.head} class=${classOf(column)}><span>${column.cell(row)}</span></td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** An input with its label. */
export interface FieldParts {
  readonly name: string;
  readonly label: string;
  readonly type?: string;
  readonly value?: string;
  readonly hint?: string;
  readonly autocomplete?: string;
  readonly isOptional?: boolean;
  readonly pattern?: string;
}

/** A labelled input. */
export function field(parts: FieldParts): TemplateResult {
  const { name, label, type = "text", value = "", hint, autocomplete = "off", pattern } = parts;
  return html`<label class="field"
    ><span>${label}</span>
    <input
      name=${name}
      type=${type}
      .defaultValue=${value}
      autocomplete=${autocomplete}
      autocapitalize="none"
      spellcheck="false"
      inputmode=${pattern === undefined ? nothing : "numeric"}
      pattern=${pattern ?? nothing}
      ?required=${parts.isOptional !== true}
    />
    ${hint === undefined ? nothing : html`<small>${hint}</small>`}
  </label>`;
}

/** A choice between a few. */
export interface SelectParts {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, text: string])[];
}

/** A labelled choice. */
export const selectField = ({ name, label, value, choices }: SelectParts): TemplateResult =>
  html`<label class="field"
    ><span>${label}</span>
    <select name=${name}>
      ${choices.map(([choice, text]) => html`<option value=${choice} ?selected=${choice === value}>${text}</option>`)}
    </select>
  </label>`;

/** A labelled yes or no. */
export const checkField = (name: string, label: string, isChecked = false): TemplateResult =>
  html`<label class="check"
    ><input type="checkbox" name=${name} ?checked=${isChecked} /> <span>${label}</span></label
  >`;

/** For what keeps passwords: whose it is. People see it elsewhere. */
export const usernameField = (login: string): TemplateResult =>
  html`<input hidden autocomplete="username" readonly .value=${login} />`;

/** What a form does: the text of its fields by name. @returns whether it was done and the form is emptied. */
export type Submit = (fields: Readonly<Record<string, string>>) => Promise<boolean>;

/** Listens to a form; while it works its button cannot be pressed again. */
export const submitting =
  (submit: Submit) =>
  async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const fields: Record<string, string> = {};
    for (const [name, value] of new FormData(form)) if (typeof value === "string") fields[name] = value;
    const button = form.querySelector<HTMLButtonElement>("button:not([type=button])");
    if (button !== null) button.disabled = true;
    try {
      if (await submit(fields)) form.reset();
    } finally {
      if (button !== null) button.disabled = false;
    }
  };

/** A time, with the exact one for whoever points at it. */
export function time(text: string | null, none = "–"): TemplateResult | string {
  if (text === null) return none;
  const date = new Date(text);
  const shown = dateFormat.format(date);
  return html`<time datetime=${text} title=${text}>${shown}</time>`;
}

const dateFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** How long ago something began, e.g. `3 min`. */
export function ago(text: string, nowMs: number = Date.now()): TemplateResult {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(text)) / 1000));
  return html`<time datetime=${text} title=${text}>${span(seconds)}</time>`;
}

function span(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Octets in units that people read, e.g. `1.2 MiB`. */
export function octets(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = count < 1024 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1);
  const value = count / 1024 ** power;
  return `${value.toLocaleString("en", { maximumFractionDigits: power === 0 ? 0 : 1 })} ${units[power] ?? ""}`;
}

/** A count with its thousands apart. */
export const figure = (count: number): string => count.toLocaleString("en");

/** A word that stands out: what state something is in. */
export const badge = (text: string, kind: "good" | "bad" | "plain" = "plain"): TemplateResult =>
  html`<span class="badge ${kind}">${text}</span>`;

/** The head of a page. */
export const heading = (title: string, lead: unknown = nothing, actions: unknown = nothing): TemplateResult =>
  html`<header class="heading">
    <div>
      <h1 tabindex="-1">${title}</h1>
      ${lead === nothing ? nothing : html`<p class="lead">${lead}</p>`}
    </div>
    <div class="actions">${actions}</div>
  </header>`;

/** A part of a page with a title of its own. */
export const card = (title: string, content: unknown, actions: unknown = nothing): TemplateResult =>
  html`<section class="card">
    <header>
      <h2>${title}</h2>
      <div class="actions">${actions}</div>
    </header>
    ${content}
  </section>`;

/** Facts, each with its name. */
export const facts = (entries: readonly (readonly [name: string, value: unknown])[]): TemplateResult =>
  html`<dl class="facts">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

/** A secret that nobody can read again. */
export const secretOnce = (label: string, secret: string, dismiss: () => void): TemplateResult =>
  html`<div class="secret" role="status">
    <p>${label}</p>
    <output class="code">${secret}</output>
    <p class="actions">
      <button type="button" @click=${() => void navigator.clipboard?.writeText(secret)}>Copy</button>
      <button type="button" @click=${dismiss}>I have it</button>
    </p>
  </div>`;
