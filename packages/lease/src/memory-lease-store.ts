import type { Holder, Lease, LeaseHolder, LeaseStore, MaildropId, View } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import { viewField } from "./view-field.ts";

/** The holders of one maildrop's leases by view field: never two that exclude each other. */
type Leases = Map<string, LeaseHolder>;

/**
 * The twin of the Redis leases for one process: what the embedded mode and fast tests run on.
 *
 * @param now milliseconds since 1970.
 */
export const createMemoryLeaseStore = (now: () => number = Date.now): LeaseStore => new MemoryLeaseStore(now);

class MemoryLeaseStore implements LeaseStore {
  readonly #maildrops = new Map<MaildropId, Leases>();
  readonly #brokenListeners: ((sessionId: string) => void)[] = [];
  readonly #askedListeners: ((sessionId: string) => void)[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async acquire(maildropId: MaildropId, view: View, holder: Holder): Promise<Lease | Fault> {
    const leases = this.#maildrops.get(maildropId) ?? new Map<string, LeaseHolder>();
    const field = viewField(view);
    const isTaken = view.kind === "whole" ? leases.size > 0 : leases.has(field) || leases.has("*");
    if (isTaken) return { fault: "maildrop-in-use" };
    const held: LeaseHolder = { ...holder, view, sinceMs: this.#now() };
    leases.set(field, held);
    this.#maildrops.set(maildropId, leases);
    return { release: async () => this.#release(maildropId, field, held) };
  }

  /** Compares by identity: a lease that was broken and taken by another session is not ours to release. */
  #release(maildropId: MaildropId, field: string, held: LeaseHolder): void {
    const leases = this.#maildrops.get(maildropId);
    if (leases?.get(field) !== held) return;
    leases.delete(field);
    if (leases.size === 0) this.#maildrops.delete(maildropId);
  }

  async holders(maildropId: MaildropId): Promise<readonly LeaseHolder[]> {
    return [...(this.#maildrops.get(maildropId)?.values() ?? [])];
  }

  async breakLeases(maildropId: MaildropId): Promise<number> {
    const broken = await this.holders(maildropId);
    this.#maildrops.delete(maildropId);
    for (const { sessionId } of broken) {
      for (const listener of this.#brokenListeners) listener(sessionId);
    }
    return broken.length;
  }

  onBroken(listener: (sessionId: string) => void): void {
    this.#brokenListeners.push(listener);
  }

  async askHolders(maildropId: MaildropId, newcomer: Holder): Promise<void> {
    for (const { sessionId, login, address } of await this.holders(maildropId)) {
      if (login !== newcomer.login || address !== newcomer.address) continue;
      for (const listener of this.#askedListeners) listener(sessionId);
    }
  }

  onAsked(listener: (sessionId: string) => void): void {
    this.#askedListeners.push(listener);
  }

  async close(): Promise<void> {
    this.#maildrops.clear();
  }
}
