/** Which lease an attempt to acquire is about. */
export interface Claim {
  readonly key: string;
  readonly field: string;
  /** `instance/number`, unique for each attempt. */
  readonly leaseId: string;
  /** Of this instance when it tried. */
  readonly generation: number;
}

/** More claims than that wait for the next round, so that one round is over within a command's time. */
const ROUND_MAX = 5000;

/**
 * Claims that Redis may hold for us although nobody here does: an acquire or a release went unanswered. Since
 * we live they would never free themselves, so they are released until Redis answers.
 *
 * A claim is released only after a beat of a later generation: from then on its acquire cannot arrive any
 * more.
 */
export class UnsettledClaims {
  readonly #claims = new Set<Claim>();
  readonly #release: (claim: Claim) => Promise<unknown>;

  /** @param release rejects when it was not answered. */
  constructor(release: (claim: Claim) => Promise<unknown>) {
    this.#release = release;
  }

  add(claim: Claim): void {
    this.#claims.add(claim);
  }

  /** One round, after a beat of `generation`. Never rejects. */
  async settle(generation: number): Promise<void> {
    const round = [...this.#claims].filter((claim) => claim.generation < generation).slice(0, ROUND_MAX);
    await Promise.all(round.map(async (claim) => this.#settleOne(claim)));
  }

  async #settleOne(claim: Claim): Promise<void> {
    try {
      await this.#release(claim);
      this.#claims.delete(claim);
    } catch {
      // The next round tries again; that Redis is away is told where the heartbeat misses.
    }
  }
}
