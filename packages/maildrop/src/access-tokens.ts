import type { Page, RegistryFault } from "./registry.ts";
import type { Scope } from "./scope.ts";

/** A token of the API, as far as it may be seen. */
export interface AccessToken {
  /** Names it in lists and in the audit; that of a login for a token of its owner. */
  readonly label: string;
  readonly scope: Scope;
  /** Who made it. */
  readonly createdBy: string;
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
  readonly expiresAt: Date | undefined;
}

/**
 * Tokens of the API. They go with the tenant, the domain or the login that they are for. Implemented by
 * `storage`.
 */
export interface AccessTokens {
  /** `already-exists`: another one has the label; `not-found`: what it is for is not here. */
  addToken(token: NewAccessToken): Promise<AccessToken | RegistryFault>;
  /**
   * The token that is worth something now, and notes its use. One of a login is worth nothing once it is
   * disabled, or its password is newer.
   */
  findToken(verifier: Uint8Array): Promise<AccessToken | undefined | RegistryFault>;
  /** Those of operators within a scope, by their labels. */
  listTokens(scope: Scope, page: Page): Promise<readonly AccessToken[] | RegistryFault>;
  /** `not-found`: there is none of an operator with this label within the scope. */
  revokeToken(label: string, scope: Scope): Promise<undefined | RegistryFault>;
  /** Ends a token by itself; no fault when there is none. */
  endToken(verifier: Uint8Array): Promise<undefined | RegistryFault>;
}
