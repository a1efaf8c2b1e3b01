import { html, svg, type TemplateResult } from "lit-html";
import encodeQr from "qr";
import type { AnswerOf } from "../api.ts";
import type { Page, PageContext } from "../page.ts";
import { badge, card, checkField, field, heading, submitting } from "../parts.ts";
import { Resource } from "../resource.ts";

/** An owner's one-time codes: a QR code for the app, and the first code that it shows. */
export function codesPage({ api, update, attempt, askFirst }: PageContext): Page {
  const me = new Resource(() => api.me(), update);
  let begun: AnswerOf<"beginTotp"> | undefined;

  const begin = async (): Promise<void> => {
    await attempt(async () => {
      begun = await api.beginTotp();
    }, "");
    update();
  };
  const confirm = submitting(async ({ code = "", mayFollowPassword = "" }) => {
    const pending = begun?.pending ?? "";
    const isOn = await attempt(
      () => api.confirmTotp({ pending, code, mayFollowPassword: mayFollowPassword === "on" }),
      "One-time codes are on.",
    );
    if (isOn) begun = undefined;
    await me.reload();
    return isOn;
  });
  const disable = async (): Promise<void> => {
    const text = "Your password alone opens your mail again.";
    const sure = await askFirst({ title: "Switch one-time codes off?", text, action: "Switch off" });
    if (!sure) return;
    await attempt(() => api.disableMyTotp(), "One-time codes are off.");
    await me.reload();
  };

  const state = (isOn: boolean): TemplateResult =>
    card(
      "Authenticator app",
      begun === undefined
        ? html`<p>
            ${
              isOn
                ? "Whoever logs in with your password shows a code of your app, too."
                : "With codes of an app on your phone, a password that leaks opens nothing."
            }
            Mail programs that know of no codes use app passwords.
          </p>`
        : enrolment(begun, confirm),
      html`${isOn ? badge("on", "good") : badge("off")}
      ${
        isOn
          ? html`<button type="button" class="grave" @click=${() => void disable()}>Switch off</button>`
          : begun === undefined
            ? html`<button type="button" @click=${() => void begin()}>Switch on</button>`
            : ""
      }`,
    );
  return {
    view: () => html`
      ${heading("One-time codes", "A second proof that it is you.")}
      ${me.view(({ credentials }) => state(credentials.includes("totp")))}
    `,
  };
}

const enrolment = (
  { secret, uri }: AnswerOf<"beginTotp">,
  confirm: (event: SubmitEvent) => Promise<void>,
): TemplateResult => html`
  <div class="enrolment">
    ${qrCode(uri)}
    <div>
      <p>Scan this with your authenticator app, or type the secret into it:</p>
      <output class="code" id="totp-secret">${secret}</output>
      <form class="row" @submit=${confirm}>
        ${field({ name: "code", label: "Code that the app shows", pattern: "[0-9]{6}", autocomplete: "one-time-code" })}
        ${checkField("mayFollowPassword", "In mail programs, the code may follow the password")}
        <button>Switch on</button>
      </form>
    </div>
  </div>
`;

/** A QR code as one path: drawn here, so that the secret goes nowhere. */
function qrCode(text: string): TemplateResult {
  const rows = encodeQr(text, "raw", { border: 2 });
  const path = rows
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return html`<svg
    class="qr"
    viewBox="0 0 ${rows.length} ${rows.length}"
    role="img"
    aria-label="QR code for your authenticator app"
    shape-rendering="crispEdges"
  >
    ${svg`<path d=${path} />`}
  </svg>`;
}
