import type { Authenticated, Login, Peer, RpopDoor } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import { Attempt, type AttemptParts, type Proof, type Why } from "./attempt.ts";
import { isAllowedHere } from "./mechanism-policy.ts";
import { isInNetworks } from "./networks.ts";

const MECHANISM = "RPOP";

/** Ports below this can only be had by the superuser of a Unix host. */
const firstFreePort = 1024;

/**
 * Believes a trusted host who its user is. RFC 1081.
 *
 * As narrow as it can be: the host is in a listed network and its superuser speaks; the user there bears the
 * name of the login, as `hosts.equiv` has it; and somebody has allowed the login this mechanism by name,
 * which no login has by default. Waiting at the door, restrictions and the audit are those of every other way
 * in.
 */
export class TrustingDoor implements RpopDoor {
  readonly #parts: AttemptParts;
  readonly #networks: readonly string[];

  constructor(parts: AttemptParts, networks: readonly string[]) {
    this.#parts = parts;
    this.#networks = networks;
  }

  isPossible(peer: Peer): boolean {
    const { address, port = 0 } = peer;
    const isReserved = port > 0 && port < firstFreePort;
    return (
      isReserved && isInNetworks(address, this.#networks) && isAllowedHere(this.#parts.rules, MECHANISM, peer)
    );
  }

  async verify(name: string, clientUser: string, peer: Peer): Promise<Authenticated | Fault> {
    const attempt = new Attempt(this.#parts, MECHANISM, peer);
    attempt.name(name);
    const verdict = await this.#judge(attempt, name, clientUser);
    return "who" in verdict ? attempt.admit(verdict.who) : attempt.refuse(verdict.why);
  }

  async #judge(attempt: Attempt, name: string, clientUser: string): Promise<{ who: Proof } | { why: Why }> {
    if (!this.isPossible(attempt.peer)) return { why: "mechanism-not-allowed" };
    const identified = await attempt.identify(name);
    if ("why" in identified) return identified;
    const { login } = identified;
    if (login === undefined) return { why: "unknown-name" };
    if (login.restrictions?.mechanisms?.includes(MECHANISM) !== true) return { why: "mechanism-not-allowed" };
    if (!isSamePerson(login, clientUser)) return { why: "authzid-not-allowed" };
    return { who: { login, credential: undefined, isSecondFactorShown: false } };
  }
}

/** The name on the other host is that of the login, with its domain or without. */
function isSamePerson({ name }: Login, clientUser: string): boolean {
  const user = clientUser.toLowerCase();
  const at = name.lastIndexOf("@");
  return user === name || (at > 0 && user === name.slice(0, at));
}
