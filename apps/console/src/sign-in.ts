import { html, type TemplateResult } from "lit-html";
import { card, field, submitting } from "./parts.ts";
import { openOwnVisit, openVisit, type Visit } from "./visit.ts";

/** What somebody who comes in is given, and what it leads to. */
export interface SignInParts {
  /** Why he has to come in again, or why he was not let in. */
  readonly problem: string | undefined;
  /** Somebody tries to come in. */
  readonly come: (visit: Promise<Visit>) => Promise<boolean>;
  readonly ended: () => void;
}

/** Where everybody comes in: an owner with his password, an operator with a token. */
export function signInView({ problem, come, ended }: SignInParts): TemplateResult {
  const asOwner = submitting(async ({ name = "", password = "", code = "" }) =>
    come(openOwnVisit({ name: name.trim(), password, code: code.trim() }, ended)),
  );
  const asOperator = submitting(async ({ token = "" }) => come(openVisit(token.trim(), ended)));
  return html`<main class="sign-in">
    <h1 tabindex="-1"><img src="icon.svg" alt="" width="32" height="32" /> Poplar</h1>
    ${problem === undefined ? "" : html`<p class="note problem" role="alert">${problem}</p>`}
    <div class="doors">
      ${card("My mail", ownerForm(asOwner))} ${card("Operators", operatorForm(asOperator))}
    </div>
  </main>`;
}

const ownerForm = (submit: (event: SubmitEvent) => Promise<void>): TemplateResult =>
  html`<form @submit=${submit}>
    ${field({ name: "name", label: "Address", autocomplete: "username" })}
    ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password" })}
    ${field({
      name: "code",
      label: "One-time code",
      pattern: "[0-9]{6}",
      autocomplete: "one-time-code",
      isOptional: true,
      hint: "If you have switched them on",
    })}
    <button class="main">Log in</button>
  </form>`;

const operatorForm = (submit: (event: SubmitEvent) => Promise<void>): TemplateResult =>
  html`<form @submit=${submit}>
    ${field({ name: "token", label: "Token", type: "password", hint: "The server's own lies in its data folder: api-token" })}
    <button class="main">Open the console</button>
  </form>`;
