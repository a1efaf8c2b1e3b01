import type { Page, RegistryFault } from "./registry.ts";
import type { Scope } from "./scope.ts";

/** A token of the API, as far as it may be seen. */
export interface AccessToken {
  readonly tokenId: number;
  /** Names it in lists and in the audit; that of a login for a token of its owner. */
  readonly label: string;
  readonly scope: Scope;
  /** Who made it. */
  readonly createdBy: string;
  /** Label of the token that it goes with, if there is one. */
  readonly parent: string | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  /** To the minute. */
  readonly lastUsedAt: Date | undefined;
}

/** A token to be. */
export interface NewAccessToken {
  /** SHA-256 of the token: it has 256 random bits, so nothing slower is needed. */
  readonly verifier: Uint8Array;
  readonly label: string;
  readonly scope: Scope;
  readonly createdBy: string;
  /** The token that it is made with, and goes with; absent: none. */
  readonly parentId?: number | undefined;
  readonly expiresAt: Date | undefined;
}

/** What becomes of the tokens that were made with one that is revoked. */
export type ChildTokens = "revoke" | "keep";

/** Labels of tokens. */
export interface RevokedTokens {
  /** The one that was named comes first. */
  readonly revoked: readonly string[];
  /** They go with what made the one that was revoked, from now on. */
  readonly kept: readonly string[];
}

/**
 * Tokens of the API. They go with the tenant, the domain or the login that they are for. Implemented by
 * `storage`.
 */
export interface AccessTokens {
  /**
   * `already-exists`: another one has the label; `not-found`: what it is for is not here, or what it is made
   * with has been revoked.
   */
  addToken(token: NewAccessToken): Promise<AccessToken | RegistryFault>;
  /**
   * The token that is worth something now, and notes its use. One of a login is worth nothing once it is
   * disabled, or its password is newer.
   */
  findToken(verifier: Uint8Array): Promise<AccessToken | undefined | RegistryFault>;
  /** Those of operators within a scope, by their labels. */
  listTokens(scope: Scope, page: Page): Promise<readonly AccessToken[] | RegistryFault>;
  /** `not-found`: there is none of an operator with this label within the scope. */
  revokeToken(label: string, scope: Scope, children: ChildTokens): Promise<RevokedTokens | RegistryFault>;
  /** Ends a token by itself; no fault when there is none. */
  endToken(verifier: Uint8Array): Promise<undefined | RegistryFault>;
}
