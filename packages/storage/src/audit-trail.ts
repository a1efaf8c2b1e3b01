import {
  type AuditEntry,
  type AuditEvent,
  type AuditQuery,
  type AuditTrail,
  isRegistryFault,
  type Page,
  type RegistryFault,
} from "@poplar/maildrop";
import type { Log } from "@poplar/telemetry";
import { type RawBuilder, sql } from "kysely";
import { limitOf, type RegistryDatabase } from "./registry-database.ts";
import { isSubjectWithin } from "./scope-conditions.ts";
import { StorageError } from "./storage-error.ts";

/** How long an event waits for others to be written with. */
const flushMs = 500;
/** Events of one write. */
const writtenAtOnceMax = 500;
/** Events kept while the store is out of reach; then the oldest are lost. */
const waitingMax = 20_000;

/** What happened, in Postgres. */
export class PostgresAuditTrail implements AuditTrail {
  readonly #database: RegistryDatabase;
  readonly #log: Pick<Log, "error">;
  #waiting: AuditEvent[] = [];
  #lost = 0;
  #isFlushDue = false;
  #flushing: Promise<void> = Promise.resolve();

  constructor(database: RegistryDatabase, log: Pick<Log, "error">) {
    this.#database = database;
    this.#log = log;
  }

  record(event: AuditEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > waitingMax) this.#lose(this.#waiting.length - waitingMax);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setTimeout(() => {
      this.#isFlushDue = false;
      void this.flush();
    }, flushMs).unref();
  }

  async flush(): Promise<void> {
    this.#flushing = this.#flushing.then(async () => this.#write());
    return this.#flushing;
  }

  async search(query: AuditQuery, page: Page): Promise<readonly AuditEntry[] | RegistryFault> {
    const { scope, subject, address, action, outcome, actor, since, until } = query;
    return this.#database.read(async (db) => {
      const rows = await db
        .selectFrom("audit")
        .selectAll()
        .where(isSubjectWithin(scope, "subject"))
        .$if(subject !== undefined, (narrowed) => narrowed.where("subject", "=", subject ?? ""))
        .$if(address !== undefined, (narrowed) => narrowed.where("address", "=", address ?? ""))
        .$if(action !== undefined, (narrowed) => narrowed.where("action", "=", action ?? ""))
        .$if(outcome !== undefined, (narrowed) => narrowed.where("outcome", "=", outcome ?? ""))
        .$if(actor !== undefined, (narrowed) => narrowed.where("actor", "=", actor ?? ""))
        .$if(since !== undefined, (narrowed) => narrowed.where("at", ">=", since ?? new Date(0)))
        .$if(until !== undefined, (narrowed) => narrowed.where("at", "<", until ?? new Date(0)))
        .$if(page.after !== undefined, (narrowed) => narrowed.where("audit_id", "<", page.after ?? "0"))
        .orderBy("audit_id", "desc")
        .limit(limitOf(page))
        .execute();
      return rows.map((row) => ({
        auditId: Number(row.audit_id),
        at: row.at,
        action: row.action,
        outcome: row.outcome,
        subject: row.subject,
        mechanism: row.mechanism ?? undefined,
        address: row.address ?? undefined,
        listener: row.listener ?? undefined,
        sessionId: row.session_id ?? undefined,
        actor: row.actor ?? undefined,
      }));
    });
  }

  /** Several processes may do it at once: what one forgets the others pass by. */
  async forget(before: Date, eventsMax: number): Promise<number | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { numAffectedRows } = await sql`
        delete from audit where audit_id = any(array(
          select audit_id from audit where at < ${before} order by audit_id limit ${eventsMax}
          for update skip locked
        ))`.execute(tx);
      return Number(numAffectedRows ?? 0n);
    });
  }

  /** Not what comes in meanwhile: that waits for others again, or it would be written one by one. */
  async #write(): Promise<void> {
    let due = this.#waiting.length;
    while (due > 0 && this.#waiting.length > 0) {
      const events = this.#waiting.slice(0, Math.min(due, writtenAtOnceMax));
      if (!(await this.#writeAll(events))) return;
      due -= events.length;
      // While this was written the oldest may have been lost.
      const kept = new Set(events);
      this.#waiting = this.#waiting.filter((event) => !kept.has(event));
    }
  }

  /** @returns `false` when they have to wait. What Postgres will never take does not hold the others up. */
  async #writeAll(events: readonly AuditEvent[]): Promise<boolean> {
    const written = await this.#database.change(async (tx) => insertionOf(events).execute(tx));
    if (!isRegistryFault(written)) return true;
    if (!isUnstorable(written)) return false;
    if (events.length === 1) {
      this.#log.error({ event: "audit-event-unstorable", err: written.cause }, "an event cannot be written");
      return true;
    }
    const middle = Math.ceil(events.length / 2);
    return (await this.#writeAll(events.slice(0, middle))) && this.#writeAll(events.slice(middle));
  }

  #lose(events: number): void {
    this.#waiting.splice(0, events);
    if (this.#lost === 0) this.#log.error({ event: "audit-events-lost" }, "the audit cannot be written");
    this.#lost += events;
  }
}

/** SQLSTATEs of what is wrong with the data itself: class 22, and a row or a key that is too long. */
const unstorable = /^(?:22...|54000)$/;

const isUnstorable = (
  fault: RegistryFault,
): fault is RegistryFault & { readonly registryFault: "storage-down" } =>
  fault.registryFault === "storage-down" &&
  fault.cause instanceof StorageError &&
  unstorable.test(fault.cause.sqlState ?? "");

/** Text in Postgres cannot hold NUL, and strangers choose the subject. */
const stored = (text: string): string => text.replaceAll("\0", "\u{fffd}");

/** A parameter for each column: one for each field of hundreds of rows would cost more than to write them. */
const insertionOf = (events: readonly AuditEvent[]): RawBuilder<unknown> => sql`
  insert into audit (at, action, outcome, subject, mechanism, address, listener, session_id, actor)
  select * from unnest(
    ${events.map(({ at }) => at)}::timestamptz[],
    ${events.map(({ action }) => action)}::text[],
    ${events.map(({ outcome }) => stored(outcome))}::text[],
    ${events.map(({ subject }) => stored(subject))}::text[],
    ${events.map(({ mechanism }) => mechanism ?? null)}::text[],
    ${events.map(({ address }) => address ?? null)}::text[],
    ${events.map(({ listener }) => listener ?? null)}::text[],
    ${events.map(({ sessionId }) => sessionId ?? null)}::text[],
    ${events.map(({ actor }) => actor ?? null)}::text[]
  )`;
