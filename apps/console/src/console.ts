import { html, type TemplateResult } from "lit-html";
import { askFirst } from "./ask-first.ts";
import { MetricsWatch } from "./metrics-watch.ts";
import { Notices } from "./notices.ts";
import type { Page, PageContext, PageEntry } from "./page.ts";
import { addressIn, linkTo } from "./page-address.ts";
import { pagesFor } from "./pages.ts";
import { ApiProblem } from "./send.ts";
import { signInView } from "./sign-in.ts";
import { closeVisit, forgetToken, resumeVisit, type Visit } from "./visit.ts";

const refreshMs = 5000;

/** The page that is open: for which address, and what it shows. */
interface Opened {
  readonly entry: PageEntry;
  readonly page: Page;
}

/** The whole of it: who is there, which page is open, and what was last said. */
export class Console {
  readonly #draw: (view: TemplateResult) => void;
  readonly #update = (): void => this.#drawSoon();
  readonly #notices = new Notices(this.#update);
  readonly #watch = new MetricsWatch();
  #visit: Visit | undefined;
  #opened: Opened | undefined;
  #problem: string | undefined;
  #willDraw = false;

  constructor(draw: (view: TemplateResult) => void) {
    this.#draw = draw;
  }

  /** Comes back to where the tab was before a reload, or to the door. */
  async start(): Promise<void> {
    globalThis.addEventListener("hashchange", () => this.#open());
    setInterval(() => this.#refresh(), refreshMs);
    const resumed = resumeVisit(this.#ended).catch((err: unknown) => this.#refuse(err));
    this.#come(await resumed);
  }

  readonly #ended = (): void => {
    if (this.#visit !== undefined) this.#problem = "Your visit has ended. Please come in again.";
    forgetToken();
    this.#leave();
  };

  #come(visit: Visit | undefined): void {
    this.#visit = visit;
    this.#open();
    if (visit !== undefined) this.#refresh();
  }

  async #tryToCome(visit: Promise<Visit>): Promise<boolean> {
    this.#problem = undefined;
    try {
      this.#come(await visit);
      return true;
    } catch (err) {
      this.#refuse(err);
      return false;
    }
  }

  #refuse(err: unknown): undefined {
    if (!(err instanceof ApiProblem)) throw err;
    this.#problem =
      err.code === "unauthorized" ? "This token opens nothing here: it is wrong, or has ended." : err.message;
    this.#update();
  }

  async #logOut(): Promise<void> {
    if (this.#visit !== undefined) await closeVisit(this.#visit);
    this.#problem = undefined;
    this.#leave();
  }

  #leave(): void {
    this.#visit = undefined;
    this.#opened = undefined;
    this.#notices.clear();
    this.#update();
  }

  /** Opens the page of the address, or the first one there is. */
  #open(): void {
    const visit = this.#visit;
    if (visit === undefined) return this.#update();
    const { path, subject } = addressIn(location.hash);
    const pages = pagesFor(visit);
    const entry = pages.find((each) => each.path === path) ?? pages[0];
    if (entry === undefined) return this.#update();
    const about = entry.path === path ? subject : "";
    this.#notices.clear();
    this.#opened = { entry, page: entry.open(this.#contextOf(visit), about) };
    document.title = `${about === "" ? entry.title : about} · Poplar`;
    this.#update();
    // Who hears the page is told where he is.
    queueMicrotask(() => {
      document.querySelector<HTMLElement>("main h1")?.focus();
      document
        .querySelector("nav [aria-current=page]")
        ?.scrollIntoView({ block: "nearest", inline: "center" });
    });
  }

  #contextOf(visit: Visit): PageContext {
    return {
      visit,
      api: visit.api,
      watch: this.#watch,
      update: this.#update,
      askFirst,
      attempt: async (work, done) => this.#attempt(work, done),
    };
  }

  async #attempt<Answer>(
    work: () => Promise<Answer>,
    done: string | ((answer: Answer) => string),
  ): Promise<boolean> {
    try {
      const answer = await work();
      const text = typeof done === "string" ? done : done(answer);
      if (text !== "") this.#notices.done(text);
      return true;
    } catch (err) {
      if (!(err instanceof ApiProblem)) throw err;
      if (this.#visit !== undefined) this.#notices.problem(err.message);
      return false;
    }
  }

  /** What is seen follows what happens; what is not seen asks nothing. */
  #refresh(): void {
    if (this.#visit === undefined || document.hidden) return;
    if (this.#visit.may("show-statistics")) void this.#watch.sample().then(this.#update);
    this.#opened?.page.refresh?.();
  }

  #drawSoon(): void {
    if (this.#willDraw) return;
    this.#willDraw = true;
    queueMicrotask(() => {
      this.#willDraw = false;
      this.#draw(this.#view());
    });
  }

  #view(): TemplateResult {
    const visit = this.#visit;
    const opened = this.#opened;
    if (visit === undefined || opened === undefined) {
      return signInView({
        problem: this.#problem,
        ended: this.#ended,
        come: async (coming) => this.#tryToCome(coming),
      });
    }
    return html`
      <a class="skip" href="#main" @click=${skipToMain}>Skip to the page</a>
      <header class="top">
        <span class="brand"><img src="icon.svg" alt="" width="22" height="22" /> Poplar</span>
        <span class="who">${visit.access.name} <small>${scopeOf(visit)}</small></span>
        <button type="button" @click=${() => void this.#logOut()}>Log out</button>
      </header>
      <nav aria-label="Pages">
        ${pagesFor(visit).map(
          ({ path, title }) =>
            html`<a href=${linkTo(path)} aria-current=${path === opened.entry.path ? "page" : "false"}>${title}</a>`,
        )}
      </nav>
      <main id="main" tabindex="-1">${this.#notices.view()} ${opened.page.view()}</main>
    `;
  }
}

function skipToMain(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#main")?.focus();
}

/** In words: what a token is for. */
function scopeOf({ access: { role, tenant, domain } }: Visit): string {
  switch (role) {
    case "platform":
      return "everything";
    case "tenant":
      return `tenant ${tenant ?? ""}`;
    case "domain":
      return `domain ${domain ?? ""}`;
    case "self":
      return "own mail";
  }
}
