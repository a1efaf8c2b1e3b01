import { html, render } from "lit-html";

/** What somebody is asked before something that cannot be taken back. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** On the button, e.g. `Break the lease`. */
  readonly action: string;
}

/** Asks, and waits. Escape means no; the focus goes back to where it was. */
export async function askFirst({ title, text, action }: Question): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "question-title");
  render(
    html`<h2 id="question-title">${title}</h2>
      <p>${text}</p>
      <p class="actions">
        <button type="button" @click=${() => dialog.close("")}>Cancel</button>
        <button type="button" class="grave" @click=${() => dialog.close("yes")}>${action}</button>
      </p>`,
    dialog,
  );
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  return dialog.returnValue === "yes";
}
