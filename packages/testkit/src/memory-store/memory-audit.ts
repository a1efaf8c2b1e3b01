import type { AuditEntry, AuditEvent, AuditQuery, AuditTrail, Page, Scope } from "@poplar/maildrop";
import { isWithin, type StoreState } from "./state.ts";

/** What happened, in memory. */
export class MemoryAudit implements AuditTrail {
  readonly #entries: AuditEntry[] = [];
  readonly #state: StoreState;

  constructor(state: StoreState) {
    this.#state = state;
  }

  record(event: AuditEvent): void {
    this.#entries.unshift({ ...event, auditId: (this.#entries[0]?.auditId ?? 0) + 1 });
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  async search(query: AuditQuery, page: Page): Promise<readonly AuditEntry[]> {
    const { scope, subject, address, action, outcome, actor, since, until } = query;
    const isAsked = (wanted: string | undefined, actual: string | undefined): boolean =>
      wanted === undefined || wanted === actual;
    return this.#entries
      .filter((entry) => page.after === undefined || entry.auditId < Number(page.after))
      .filter((entry) => isAsked(subject, entry.subject) && isAsked(address, entry.address))
      .filter((entry) => isAsked(actor, entry.actor) && this.#isWithin(scope, entry.subject))
      .filter((entry) => isAsked(action, entry.action) && isAsked(outcome, entry.outcome))
      .filter(({ at }) => (since === undefined || at >= since) && (until === undefined || at < until))
      .slice(0, page.limit);
  }

  async forget(before: Date, eventsMax: number): Promise<number> {
    const old = this.#entries.filter(({ at }) => at < before).slice(-eventsMax);
    for (const entry of old) this.#entries.splice(this.#entries.indexOf(entry), 1);
    return old.length;
  }

  #isWithin(scope: Scope | undefined, subject: string): boolean {
    return scope?.role === "self" ? subject === scope.login : isWithin(this.#state, scope, subject);
  }
}
