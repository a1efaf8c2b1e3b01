import type { AnswerLedger, ClaimOutcome, KeptAnswer, RequestClaim } from "@poplar/maildrop";

/** Answers that are kept, in memory. */
export class MemoryAnswers implements AnswerLedger {
  readonly #claims = new Map<string, { readonly fingerprint: Buffer; answer?: KeptAnswer }>();

  async claim(request: RequestClaim): Promise<ClaimOutcome> {
    const known = this.#claims.get(keyOf(request));
    if (known === undefined) {
      this.#claims.set(keyOf(request), { fingerprint: Buffer.from(request.fingerprint) });
      return { claim: "first" };
    }
    if (!known.fingerprint.equals(request.fingerprint)) return { claim: "another-request" };
    return known.answer === undefined ? { claim: "under-way" } : { claim: "answered", answer: known.answer };
  }

  async keep(request: RequestClaim, answer: KeptAnswer): Promise<undefined> {
    const known = this.#claims.get(keyOf(request));
    if (known !== undefined) known.answer = answer;
  }

  async release(request: RequestClaim): Promise<undefined> {
    this.#claims.delete(keyOf(request));
  }
}

const keyOf = ({ caller, key }: RequestClaim): string => `${caller}\n${key}`;
