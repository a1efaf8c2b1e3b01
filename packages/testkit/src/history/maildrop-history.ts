import type { Operation } from "./operation.ts";
import { type OperationOf, type SessionHistory, sessionsOf } from "./session-history.ts";
import type { Rule, Violation } from "./violation.ts";

/** Everything that happened to one maildrop, arranged for the rules. */
export class MaildropHistory {
  readonly maildrop: string;
  /** By the time at which they had opened the maildrop. */
  readonly sessions: readonly SessionHistory[];
  readonly deliveries: readonly OperationOf<"deliver">[];
  /** What a unique-id was seen to stand for. */
  readonly contentOf: ReadonlyMap<string, string>;
  /** Sessions whose QUIT may have removed a message, by unique-id. */
  readonly #removers = new Map<string, SessionHistory[]>();
  /** When the first of these QUITs began, by content; `undefined` for messages that nobody retrieved. */
  readonly #removedFrom = new Map<string | undefined, number>();
  readonly #overtaken = new Map<SessionHistory, SessionHistory>();

  constructor(maildrop: string, operations: readonly Operation[]) {
    this.maildrop = maildrop;
    this.sessions = sessionsOf(operations).toSorted((a, b) => a.login.to - b.login.to);
    this.deliveries = operations.filter((operation) => operation.do === "deliver");
    const contents = new Map<string, string>();
    for (const { listing, retrieves } of this.sessions) {
      for (const { number, content } of retrieves) {
        const uniqueId = listing.get(number)?.uniqueId;
        if (uniqueId !== undefined && !contents.has(uniqueId)) contents.set(uniqueId, content);
      }
    }
    this.contentOf = contents;
    for (const session of this.sessions) this.#arrange(session);
  }

  /**
   * The session that opened the maildrop between the opening of another one and its QUIT, both for certain:
   * from then on the earlier one must not delete.
   */
  overtaker(session: SessionHistory): SessionHistory | undefined {
    return this.#overtaken.get(session);
  }

  /** Whether a QUIT, other than those of `except`, can have removed a message before `time`. */
  mayBeRemoved(uniqueId: string, time: number, except?: SessionHistory): boolean {
    const removers = this.#removers.get(uniqueId) ?? [];
    return removers.some((each) => each !== except && each.quit !== undefined && each.quit.from <= time);
  }

  /** Whether a QUIT can have removed, before `time`, the message with this content. */
  mayHaveLost(content: string, time: number): boolean {
    return [content, undefined].some((each) => (this.#removedFrom.get(each) ?? Infinity) <= time);
  }

  violation(rule: Rule, evidence: string): Violation {
    return { rule, maildrop: this.maildrop, evidence };
  }

  #arrange(session: SessionHistory): void {
    const { quit, login, marked } = session;
    if (quit === undefined || marked.size === 0) return;
    const overtaker = this.sessions.find(
      (other) => other !== session && other.login.from >= login.to && other.login.to <= quit.from,
    );
    if (overtaker !== undefined) this.#overtaken.set(session, overtaker);
    if (quit.outcome === "refused" || overtaker !== undefined) return;
    for (const uniqueId of marked) {
      const removers = this.#removers.get(uniqueId);
      if (removers === undefined) this.#removers.set(uniqueId, [session]);
      else removers.push(session);
      const content = this.contentOf.get(uniqueId);
      this.#removedFrom.set(content, Math.min(quit.from, this.#removedFrom.get(content) ?? Infinity));
    }
  }
}
