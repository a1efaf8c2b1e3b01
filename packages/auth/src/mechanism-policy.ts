import type { Login, Peer } from "@poplar/maildrop";
import { isInNetworks } from "./networks.ts";

/**
 * One sentence of an operator: "where this holds, only these mechanisms". A condition that is absent always
 * holds; of several rules that hold each must name the mechanism.
 */
export interface MechanismRule {
  readonly tenants?: readonly string[];
  /** Canonical names of logins. */
  readonly logins?: readonly string[];
  readonly listeners?: readonly string[];
  /** CIDR. */
  readonly networks?: readonly string[];
  readonly isTls?: boolean;
  /** Names as in CAPA, `USER` and `APOP` beside them. */
  readonly mechanisms: readonly string[];
}

/** The name of the tenant of logins that name none. */
const DEFAULT_TENANT = "default";

/**
 * May somebody on this connection use the mechanism? Rules about certain logins cannot be decided yet, and
 * pass.
 */
export function isAllowedHere(rules: readonly MechanismRule[], mechanism: string, peer: Peer): boolean {
  return rules.every(
    (rule) =>
      rule.tenants !== undefined ||
      rule.logins !== undefined ||
      !holdsFor(rule, peer) ||
      rule.mechanisms.includes(mechanism),
  );
}

/** May this login use the mechanism on this connection? */
export function isAllowedFor(
  rules: readonly MechanismRule[],
  mechanism: string,
  peer: Peer,
  login: Login,
): boolean {
  const { tenant = DEFAULT_TENANT, name } = login;
  return rules.every(
    (rule) =>
      !(rule.tenants?.includes(tenant) ?? true) ||
      !(rule.logins?.includes(name) ?? true) ||
      !holdsFor(rule, peer) ||
      rule.mechanisms.includes(mechanism),
  );
}

const holdsFor = ({ listeners, networks, isTls }: MechanismRule, peer: Peer): boolean =>
  (listeners?.includes(peer.listener) ?? true) &&
  (networks === undefined || isInNetworks(peer.address, networks)) &&
  (isTls === undefined || isTls === peer.isTlsActive);
