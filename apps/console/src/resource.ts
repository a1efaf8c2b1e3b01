import { html, type TemplateResult } from "lit-html";

/** A slice of a long list, as the API answers. */
interface Slice<Entry> {
  readonly entries: readonly Entry[];
  readonly next: string | null;
}

/** Something that the server is asked for, as it is now: awaited, failed, or there. */
export class Resource<Value> {
  readonly #load: () => Promise<Value>;
  readonly #update: () => void;
  #value: Value | undefined;
  #problem: string | undefined;
  #asked = 0;

  /** Asks at once. @param update draws again. */
  constructor(load: () => Promise<Value>, update: () => void) {
    this.#load = load;
    this.#update = update;
    void this.reload();
  }

  get value(): Value | undefined {
    return this.#value;
  }

  /** Asks again; what is shown stays meanwhile, and of two answers the later question's counts. */
  async reload(): Promise<void> {
    this.#asked += 1;
    const turn = this.#asked;
    try {
      const value = await this.#load();
      if (turn === this.#asked) [this.#value, this.#problem] = [value, undefined];
    } catch (err) {
      if (turn === this.#asked) this.#problem = err instanceof Error ? err.message : String(err);
    }
    this.#update();
  }

  view(show: (value: Value) => TemplateResult): TemplateResult {
    if (this.#problem !== undefined) return problemNote(this.#problem, () => void this.reload());
    return this.#value === undefined ? loadingNote : show(this.#value);
  }
}

/** A long list, of which more is fetched when somebody wants to see it. */
export class LongList<Entry> {
  readonly #slices: Resource<readonly Entry[]>;
  readonly #update: () => void;
  #entries: readonly Entry[] = [];
  #next: string | null = null;
  #isMoreWanted = false;

  constructor(load: (after: string | undefined) => Promise<Slice<Entry>>, update: () => void) {
    this.#update = update;
    this.#slices = new Resource(async () => {
      const after = this.#isMoreWanted ? (this.#next ?? undefined) : undefined;
      const { entries, next } = await load(after);
      this.#entries = after === undefined ? entries : [...this.#entries, ...entries];
      this.#next = next;
      this.#isMoreWanted = false;
      return this.#entries;
    }, update);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  async reload(): Promise<void> {
    this.#isMoreWanted = false;
    await this.#slices.reload();
  }

  view(show: (entries: readonly Entry[]) => TemplateResult): TemplateResult {
    return this.#slices.view(
      (entries) => html`${show(entries)} ${this.#next === null ? "" : this.#moreButton()}`,
    );
  }

  #moreButton(): TemplateResult {
    return html`<p class="more">
      <button type="button" ?disabled=${this.#isMoreWanted} @click=${() => this.#more()}>Show more</button>
    </p>`;
  }

  #more(): void {
    this.#isMoreWanted = true;
    this.#update();
    void this.#slices.reload();
  }
}

const loadingNote = html`<p class="note" role="status">Loading …</p>`;

/** Why something cannot be shown. */
const problemNote = (sentence: string, again: () => void): TemplateResult =>
  html`<p class="note problem" role="alert">
    ${sentence} <button type="button" @click=${again}>Try again</button>
  </p>`;
