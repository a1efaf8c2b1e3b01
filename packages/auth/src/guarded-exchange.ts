import type { Authenticated, SaslChallenge, SaslExchange } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { Exchange } from "@poplar/sasl";
import type { AnyWhy, Attempt, Proof } from "./attempt.ts";

/**
 * An exchange that shows who somebody is; it may give reasons of its own, which are for the log like ours.
 */
export interface ProofExchange extends Exchange<Proof, AnyWhy> {
  close?(): void;
}

/** A SASL exchange whose outcome goes through admission, the door and the audit like any other. */
export class GuardedExchange implements SaslExchange {
  readonly #attempt: Attempt;
  readonly #exchange: ProofExchange;

  constructor(attempt: Attempt, exchange: ProofExchange) {
    this.#attempt = attempt;
    this.#exchange = exchange;
  }

  async next(response: Uint8Array | undefined): Promise<SaslChallenge | Authenticated | Fault> {
    const step = await this.#exchange.next(response);
    switch (step.step) {
      case "challenge":
        return { challenge: step.challenge };
      case "authenticated":
        return this.#admit(step.who, step.authzid);
      case "refused":
        return this.#attempt.refuse(step.why);
    }
  }

  close(): void {
    this.#exchange.close?.();
  }

  async #admit(who: Proof, authzid: string | undefined): Promise<Authenticated | Fault> {
    const { securityLayer } = who;
    const admitted = await this.#attempt.admit(who, authzid);
    if (securityLayer === undefined) return admitted;
    if (!isFault(admitted)) return { ...admitted, securityLayer };
    securityLayer.close();
    return admitted;
  }
}
