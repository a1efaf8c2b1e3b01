import type { Authenticated, SaslChallenge, SaslExchange } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { Exchange } from "@poplar/sasl";
import type { AnyWhy, Attempt, Proof } from "./attempt.ts";

/** A SASL exchange whose outcome goes through admission, the door and the audit like any other. */
export class GuardedExchange implements SaslExchange {
  readonly #attempt: Attempt;
  readonly #exchange: Exchange<Proof, AnyWhy>;

  /** @param exchange may give reasons of its own, which are for the log like ours. */
  constructor(attempt: Attempt, exchange: Exchange<Proof, AnyWhy>) {
    this.#attempt = attempt;
    this.#exchange = exchange;
  }

  async next(response: Uint8Array | undefined): Promise<SaslChallenge | Authenticated | Fault> {
    const step = await this.#exchange.next(response);
    switch (step.step) {
      case "challenge":
        return { challenge: step.challenge };
      case "authenticated":
        return this.#attempt.admit(step.who, step.authzid);
      case "refused":
        return this.#attempt.refuse(step.why);
    }
  }
}
