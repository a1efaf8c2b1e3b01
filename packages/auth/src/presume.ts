import type { Peer, RememberedLogin } from "@poplar/maildrop";
import { whyNotAdmitted } from "./admission.ts";
import type { AttemptParts, Proof } from "./attempt.ts";
import { lastResolved } from "./resolve-login.ts";

/** How somebody comes: what he types, over which mechanism, and from where. */
interface Arrival {
  readonly typed: string;
  readonly octets: Uint8Array;
  readonly mechanism: string;
  readonly peer: Peer;
}

/**
 * Most logins are of programs that were here minutes ago, with the same name, password and address. Whether
 * theirs has changed since is asked by the statement that opens the maildrop; what is found here is what they
 * showed if it has not. ADR 0022.
 *
 * @returns nothing for everybody else: they are asked about before anything is opened for them.
 */
export function presume(
  { directory, names, rules, checker, door, nowMs }: AttemptParts,
  { typed, octets, mechanism, peer }: Arrival,
): (Proof & Pick<RememberedLogin, "stamp">) | undefined {
  const remembered = lastResolved(directory, names, typed, peer);
  if (remembered === undefined) return undefined;
  const { login, stamp } = remembered;
  if (!door.isKnownHere({ login: login.name, address: peer.address })) return undefined;
  // Whoever comes too soon hears of it, which is nothing for somebody whose password may be an old one.
  if ((login.policy?.loginDelaySeconds ?? 0) > 0) return undefined;
  const match = checker.findRemembered(login, octets);
  if (match === undefined) return undefined;
  const proof = { login, credential: match.credential, isSecondFactorShown: false };
  const why = whyNotAdmitted(proof, { rules, mechanism, nowMs: nowMs() }, peer);
  return why === undefined ? { ...proof, stamp } : undefined;
}
