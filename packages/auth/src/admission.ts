import type { Credential, Login, Peer } from "@poplar/maildrop";
import { isAllowedFor, type MechanismRule } from "./mechanism-policy.ts";
import { isInNetworks } from "./networks.ts";
import type { RefusalReason } from "./refusal-reason.ts";

/** The scope of credentials that open maildrops by POP; one without any scope is good for all. */
export const POP_SCOPE = "pop";

/** A proof that is right. */
interface RightProof {
  readonly login: Login;
  readonly credential: Credential | undefined;
  readonly isSecondFactorShown: boolean;
}

/** Under which circumstances it came. */
interface Circumstances {
  readonly rules: readonly MechanismRule[];
  readonly mechanism: string;
  readonly nowMs: number;
}

/**
 * What stands against somebody whose proof is right. Asked after the proof and not before: what a stranger
 * could learn from a quicker answer is nothing that a wrong proof shall show.
 */
export function whyNotAdmitted(
  { login, credential, isSecondFactorShown }: RightProof,
  { rules, mechanism, nowMs }: Circumstances,
  peer: Peer,
): RefusalReason | undefined {
  const { restrictions = {} } = login;
  if (login.isDisabled) return "login-disabled";
  if (!isAllowedFor(rules, mechanism, peer, login)) return "mechanism-not-allowed";
  if (restrictions.mechanisms?.includes(mechanism) === false) return "mechanism-not-allowed";
  if (restrictions.requiresTls === true && !peer.isTlsActive) return "tls-required";
  const networks = [restrictions.networks, credential?.networks];
  if (networks.some((list) => list !== undefined && !isInNetworks(peer.address, list))) {
    return "network-not-allowed";
  }
  if ((credential?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) <= nowMs) return "credential-expired";
  if (credential?.kind === "app-password" && credential.scopes?.includes(POP_SCOPE) === false) {
    return "scope-missing";
  }
  const needsSecondFactor = login.credentials.some(({ kind }) => kind === "totp");
  return needsSecondFactor && !isSecondFactorShown ? "second-factor-needed" : undefined;
}
