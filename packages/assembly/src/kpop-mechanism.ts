import type { ExtraExchange, ExtraMechanism } from "@poplar/auth";
import type { Authenticated, Authenticator, Peer } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import { type KerberosDoor, loginOf } from "./kerberos-door.ts";

/** A client of KPOP that gives its name: whom its ticket is for, and what it said to USER. */
interface Claim {
  readonly principal: string;
  readonly asked: string;
}

/** Opens the door to a principal that a KPOP handshake has shown. */
export type KpopDoor = (claim: Claim, peer: Peer) => Promise<Authenticated | Fault>;

/**
 * USER and PASS after a KPOP handshake, seen as a mechanism: so that they pass through the same door,
 * policies and audit as all others. It is on offer to nobody, and begins only for somebody who is known by
 * name already.
 */
export class KpopMechanism implements ExtraMechanism {
  readonly name = "KPOP";
  readonly #door: KerberosDoor;
  readonly #claims = new WeakMap<Peer, Claim>();

  constructor(door: KerberosDoor) {
    this.#door = door;
  }

  isPossible(peer: Peer): boolean {
    return this.#claims.has(peer);
  }

  begin(peer: Peer): ExtraExchange {
    return {
      next: async () => {
        const claim = this.#claims.get(peer);
        if (claim === undefined) return { step: "refused", why: "unsupported" };
        const found = await loginOf(this.#door, claim, peer);
        if ("why" in found) return { step: "refused", ...found };
        return { step: "authenticated", who: found, authzid: undefined };
      },
    };
  }

  /** The door of an authenticator that has this mechanism. */
  on(authenticator: Authenticator): KpopDoor {
    return async (claim, peer) => {
      this.#claims.set(peer, claim);
      try {
        const step = await authenticator.beginExchange(this.name, peer)?.next(undefined);
        return step === undefined || "challenge" in step ? { fault: "bad-credentials" } : step;
      } finally {
        this.#claims.delete(peer);
      }
    };
  }
}
