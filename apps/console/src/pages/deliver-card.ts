import { html, type TemplateResult } from "lit-html";
import type { PageContext } from "../page.ts";
import { card, field } from "../parts.ts";
import { testMessage } from "../test-message.ts";

/** Puts mail into a maildrop by hand, as if it had come over LMTP: a file, or a message to try it out. */
export function deliverCard(
  { api, attempt }: PageContext,
  login: string,
  delivered: () => Promise<void>,
): TemplateResult {
  const deliverFile = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const fields = new FormData(form);
    const file = fields.get("message");
    const reversePath = fields.get("reversePath");
    if (!(file instanceof Blob) || typeof reversePath !== "string") return;
    const isDone = await attempt(() => api.deliver(login, file, reversePath), "The message was delivered.");
    if (isDone) form.reset();
    await delivered();
  };
  const deliverTest = async (): Promise<void> => {
    const message = new Blob([testMessage({ login, at: new Date(), id: someId() })]);
    await attempt(() => api.deliver(login, message, ""), "A test message was delivered.");
    await delivered();
  };
  return card(
    "Deliver a message",
    html`<form class="row" @submit=${deliverFile}>
      <label class="field"
        ><span>File</span> <input type="file" name="message" accept=".eml,message/rfc822,text/plain" required />
      </label>
      ${field({ name: "reversePath", label: "Return-Path", isOptional: true, hint: "Empty: none" })}
      <button>Deliver</button>
    </form>`,
    html`<button type="button" @click=${() => void deliverTest()}>Deliver a test message</button>`,
  );
}

/** `crypto.randomUUID` is not there on pages that came without TLS. */
const someId = (): string => crypto.getRandomValues(new BigUint64Array(2)).join("");
