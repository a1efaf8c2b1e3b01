import { html, type TemplateResult } from "lit-html";

interface Notice {
  readonly text: string;
  readonly isProblem: boolean;
}

const shownMs = 6000;

/** What was done, for some seconds, and what was not, until it is read. */
export class Notices {
  readonly #update: () => void;
  #notices: readonly Notice[] = [];

  constructor(update: () => void) {
    this.#update = update;
  }

  done(text: string): void {
    const notice = { text, isProblem: false };
    this.#show(notice);
    setTimeout(() => this.#take(notice), shownMs);
  }

  problem(text: string): void {
    this.#show({ text, isProblem: true });
  }

  clear(): void {
    this.#notices = [];
  }

  view(): TemplateResult {
    return html`<div class="notices">
      ${this.#notices.map(
        (notice) =>
          html`<p class=${notice.isProblem ? "problem" : "done"} role=${notice.isProblem ? "alert" : "status"}>
            <span>${notice.text}</span>
            <button type="button" aria-label="Dismiss" @click=${() => this.#take(notice)}>×</button>
          </p>`,
      )}
    </div>`;
  }

  #show(notice: Notice): void {
    // The same problem twice is one problem.
    this.#notices = [...this.#notices.filter(({ text }) => text !== notice.text), notice];
    this.#update();
  }

  #take(notice: Notice): void {
    this.#notices = this.#notices.filter((other) => other !== notice);
    this.#update();
  }
}
