import type { Authenticated, Authenticator, Peer, SaslChallenge, SaslExchange } from "@poplar/maildrop";
import { type Effect, type Fault, isFault } from "@poplar/protocol";

/** The ways in which a session asks who its client is. */
export type Proof = Extract<
  Effect,
  { readonly do: "authenticate" | "verify-apop" | "start-exchange" | "continue-exchange" }
>;

/** What a proof comes to; in an exchange perhaps another question. */
export type Verdict = SaslChallenge | Authenticated | Fault;

/** Who somebody said he was, and how he wanted to show it. For events. */
export interface Claim {
  /** As it was typed; empty where it is not known. */
  readonly name: string;
  /** One that exists: the names of mechanisms are few. */
  readonly mechanism: string;
}

/**
 * Finds out who the client of one connection is: by password, APOP, or one SASL exchange at a time. Frees the exchange
 * however it ends.
 */
export class Authentication {
  readonly #authenticator: Authenticator;
  readonly #isGone: () => boolean;
  /** Between two messages of the client. While it works on one, nobody may take it away under its hands. */
  #exchange: SaslExchange | undefined;
  #claim: Claim | undefined;

  /** @param isGone true once nobody waits for the answer any more. */
  constructor(authenticator: Authenticator, isGone: () => boolean) {
    this.#authenticator = authenticator;
    this.#isGone = isGone;
  }

  /** What the last proof claimed; `undefined` when it was none, because there is no such mechanism. */
  get claim(): Claim | undefined {
    return this.#claim;
  }

  async verdictOn(proof: Proof, peer: Peer): Promise<Verdict> {
    switch (proof.do) {
      case "authenticate":
        this.#claim = { name: proof.name, mechanism: "USER" };
        return this.#authenticator.verifyPassword(proof.name, proof.password, peer);
      case "verify-apop": {
        const { name, digest, timestamp } = proof;
        this.#claim = { name, mechanism: "APOP" };
        return this.#authenticator.verifyApop(name, digest, timestamp, peer);
      }
      case "start-exchange": {
        this.#claim = undefined;
        const exchange = this.#authenticator.beginExchange(proof.mechanism, peer);
        if (exchange === undefined) return { fault: "mechanism-unavailable" };
        this.#claim = { name: "", mechanism: proof.mechanism };
        return this.#advance(exchange, proof.response);
      }
      case "continue-exchange":
        if (this.#exchange === undefined) throw new Error("a response came, and no exchange is under way");
        return this.#advance(this.#exchange, proof.response);
    }
  }

  /** Gives the exchange up, if there is one. Safe to call twice. */
  abandon(): void {
    this.#exchange?.close?.();
    this.#exchange = undefined;
  }

  async #advance(exchange: SaslExchange, response: Uint8Array | undefined): Promise<Verdict> {
    this.#exchange = undefined;
    try {
      const verdict = await exchange.next(response);
      this.#claim = this.#claim && { ...this.#claim, name: exchange.name ?? "" };
      if (isChallenge(verdict) && !this.#isGone()) this.#exchange = exchange;
      return verdict;
    } finally {
      if (this.#exchange === undefined) exchange.close?.();
    }
  }
}

/** True while the exchange goes on. */
export const isChallenge = (verdict: Verdict): verdict is SaslChallenge =>
  !isFault(verdict) && "challenge" in verdict;
