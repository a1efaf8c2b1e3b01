import type { OperationName } from "@poplar/operations";
import type { TemplateResult } from "lit-html";
import type { Api } from "./api.ts";
import type { Question } from "./ask-first.ts";
import type { MetricsWatch } from "./metrics-watch.ts";
import type { Visit } from "./visit.ts";

/** What a page is given. */
export interface PageContext {
  readonly visit: Visit;
  readonly api: Api;
  readonly watch: MetricsWatch;
  /** Draws again, soon. */
  readonly update: () => void;
  /**
   * Does something that somebody has asked for: says that it was done, if there is a word for it, or why not.
   * What is said may depend on the answer.
   *
   * @returns was it done?
   */
  readonly attempt: <Answer>(
    work: () => Promise<Answer>,
    done: string | ((answer: Answer) => string),
  ) => Promise<boolean>;
  /** Asks before something that cannot be taken back. */
  readonly askFirst: (question: Question) => Promise<boolean>;
}

/** A page that is shown. */
export interface Page {
  view(): TemplateResult;
  /** Called every few seconds while the page is seen. */
  refresh?(): void;
}

/** A page that can be opened. */
export interface PageEntry {
  /** The first part of the address behind the `#`. */
  readonly path: string;
  readonly title: string;
  /** Offered to whoever may do this. */
  readonly needs: OperationName;
  /** @param subject what it is about: the second part of the address. */
  readonly open: (context: PageContext, subject: string) => Page;
}
