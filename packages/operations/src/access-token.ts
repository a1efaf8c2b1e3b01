import { createHash, randomBytes } from "node:crypto";
import type { AccessToken, Role } from "@poplar/maildrop";

/** A token as its bearer shows it, and what is stored of it. */
export interface FreshToken {
  readonly token: string;
  readonly verifier: Uint8Array;
}

/** Tells our tokens from other strings, for people and for programs that look for leaked secrets. */
const prefix = "poplar_";

/** Makes one of 256 random bits. */
export function freshToken(): FreshToken {
  const token = `${prefix}${randomBytes(32).toString("base64url")}`;
  return { token, verifier: verifierOf(token) };
}

/** Could it be one of ours? What could not needs no look into the store. */
export const isOurs = (token: string): boolean => token.startsWith(prefix);

/** What is stored of a token. */
export const verifierOf = (token: string): Uint8Array => createHash("sha256").update(token).digest();

/** A token of an operator, never the token itself. Times are ISO 8601 in UTC. */
export interface TokenEntry {
  readonly label: string;
  readonly role: Role;
  readonly tenant: string | null;
  readonly domain: string | null;
  readonly createdBy: string;
  /** Label of the token that it is revoked with; `null`: it goes by itself alone. */
  readonly parent: string | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

export const tokenEntry = ({ label, scope, createdBy, parent, ...times }: AccessToken): TokenEntry => ({
  label,
  role: scope.role,
  tenant: scope.role === "tenant" ? scope.tenant : null,
  domain: scope.role === "domain" ? scope.domain : null,
  createdBy,
  parent: parent ?? null,
  createdAt: times.createdAt.toISOString(),
  expiresAt: times.expiresAt?.toISOString() ?? null,
  lastUsedAt: times.lastUsedAt?.toISOString() ?? null,
});
