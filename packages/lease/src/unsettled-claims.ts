/** Which lease an attempt to acquire is about. */
export interface Claim {
  readonly key: string;
  readonly field: string;
  /** `instance/number`, unique for each attempt. */
  readonly leaseId: string;
}

/** More claims than that wait for the next round, so that one round is over within a command's time. */
const ROUND_MAX = 5000;

/**
 * Claims that Redis may hold for us although nobody here does: an acquire or a release went unanswered. Since we
 * live they would never free themselves, so they are released until that is certain.
 *
 * Two answers make it certain. After one, an acquire stuck in a connection that we gave up may still arrive: Redis
 * reads its connections in any order when it comes back. By the next round it has read them all.
 */
export class UnsettledClaims {
  readonly #answersLacking = new Map<Claim, number>();
  readonly #release: (claim: Claim) => Promise<unknown>;

  /** @param release rejects when it was not answered. */
  constructor(release: (claim: Claim) => Promise<unknown>) {
    this.#release = release;
  }

  add(claim: Claim): void {
    this.#answersLacking.set(claim, 2);
  }

  /** One round. Never rejects. */
  async settle(): Promise<void> {
    const round = [...this.#answersLacking.keys()].slice(0, ROUND_MAX);
    await Promise.all(round.map(async (claim) => this.#settleOne(claim)));
  }

  async #settleOne(claim: Claim): Promise<void> {
    try {
      await this.#release(claim);
    } catch {
      // The next round tries again; that Redis is away is told where the heartbeat misses.
      return;
    }
    const lacking = (this.#answersLacking.get(claim) ?? 0) - 1;
    if (lacking > 0) this.#answersLacking.set(claim, lacking);
    else this.#answersLacking.delete(claim);
  }
}
