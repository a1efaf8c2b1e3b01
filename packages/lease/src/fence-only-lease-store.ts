import type { Holder, Lease, LeaseHolder, LeaseStore, MaildropId, View } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import { createMemoryLeaseStore } from "./memory-lease-store.ts";

/**
 * Lets sessions open maildrops while the fleet's leases are out of reach: what is left then is exclusion
 * within this process, and the fence in the store, which lets the last opener delete and nobody else.
 *
 * @param fleet the leases that count as long as they answer. Closed with this store.
 */
export const createFenceOnlyLeaseStore = (fleet: LeaseStore): LeaseStore => new FenceOnlyLeaseStore(fleet);

class FenceOnlyLeaseStore implements LeaseStore {
  readonly #fleet: LeaseStore;
  /**
   * Every session of this process has a lease here too: those from before the failure exclude those in it.
   */
  readonly #own: LeaseStore = createMemoryLeaseStore();

  constructor(fleet: LeaseStore) {
    this.#fleet = fleet;
  }

  async acquire(maildropId: MaildropId, view: View, holder: Holder): Promise<Lease | Fault> {
    const own = await this.#own.acquire(maildropId, view, holder);
    if (isFault(own)) return own;
    const lease = await this.#fleet.acquire(maildropId, view, holder);
    if (!isFault(lease)) return both(own, lease);
    if (lease.fault === "lease-store-down") return own;
    await own.release();
    return lease;
  }

  async holders(maildropId: MaildropId): Promise<readonly LeaseHolder[] | Fault> {
    const holders = await this.#fleet.holders(maildropId);
    return isFault(holders) ? this.#own.holders(maildropId) : holders;
  }

  /** A session that knows both kinds of lease is told twice; ending it once is enough. */
  async breakLeases(maildropId: MaildropId): Promise<number | Fault> {
    const broken = await this.#fleet.breakLeases(maildropId);
    const own = await this.#own.breakLeases(maildropId);
    return isFault(broken) || broken === 0 ? own : broken;
  }

  onBroken(listener: (sessionId: string) => void): void {
    this.#own.onBroken(listener);
    this.#fleet.onBroken(listener);
  }

  async askHolders(maildropId: MaildropId, newcomer: Holder): Promise<void> {
    await Promise.all([
      this.#own.askHolders(maildropId, newcomer),
      this.#fleet.askHolders(maildropId, newcomer),
    ]);
  }

  onAsked(listener: (sessionId: string) => void): void {
    this.#own.onAsked(listener);
    this.#fleet.onAsked(listener);
  }

  async close(): Promise<void> {
    await Promise.all([this.#own.close(), this.#fleet.close()]);
  }
}

const both = (own: Lease, fleet: Lease): Lease => ({
  release: async () => void (await Promise.all([own.release(), fleet.release()])),
});
