import type {
  AccessToken,
  AccessTokens,
  ChildTokens,
  NewAccessToken,
  Page,
  RegistryFault,
  RevokedTokens,
  Scope,
} from "@poplar/maildrop";
import { isWithin, type StoreState } from "./state.ts";

/** Tokens of the API in memory. */
export class MemoryTokens implements AccessTokens {
  readonly #state: StoreState;
  readonly #tokens = new Map<string, AccessToken>();

  constructor(state: StoreState) {
    this.#state = state;
  }

  #lastId = 0;

  async addToken({ verifier, parentId, ...token }: NewAccessToken): Promise<AccessToken | RegistryFault> {
    const { label, scope } = token;
    if (scope.role !== "self" && this.#ofOperators().some((other) => other.label === label)) {
      return { registryFault: "already-exists", name: label };
    }
    const parent = [...this.#tokens.values()].find(({ tokenId }) => tokenId === parentId)?.label;
    const isParentGone = parentId !== undefined && parent === undefined;
    const missing = isParentGone ? token.createdBy : this.#missing(scope);
    if (missing !== undefined) return { registryFault: "not-found", name: missing };
    this.#lastId += 1;
    const added = { ...token, tokenId: this.#lastId, parent, createdAt: new Date(), lastUsedAt: undefined };
    this.#tokens.set(keyOf(verifier), added);
    return added;
  }

  async findToken(verifier: Uint8Array): Promise<AccessToken | undefined | RegistryFault> {
    const { down, logins } = this.#state;
    if (down !== undefined) return { registryFault: "storage-down", cause: down };
    const found = this.#tokens.get(keyOf(verifier));
    if (found === undefined || (found.expiresAt ?? new Date(8.64e15)) <= new Date()) return undefined;
    const { scope } = found;
    if (scope.role === "self" && logins.get(scope.login)?.isDisabled !== false) return undefined;
    const used = { ...found, lastUsedAt: new Date() };
    this.#tokens.set(keyOf(verifier), used);
    return used;
  }

  async listTokens(scope: Scope, page: Page): Promise<readonly AccessToken[]> {
    return this.#ofOperators()
      .filter((token) => token.label > (page.after ?? "") && this.#isWithin(scope, token))
      .toSorted((one, other) => (one.label < other.label ? -1 : 1))
      .slice(0, page.limit);
  }

  async revokeToken(
    label: string,
    scope: Scope,
    children: ChildTokens,
  ): Promise<RevokedTokens | RegistryFault> {
    const named = this.#ofOperators().find((token) => token.label === label && this.#isWithin(scope, token));
    if (named === undefined) return { registryFault: "not-found", name: label };
    const revoked = [label];
    const kept: string[] = [];
    // Those that revoked ones have made are looked for, too, as the list grows.
    for (const parent of revoked) {
      for (const [key, token] of this.#tokens) {
        if (token.scope.role === "self") continue;
        if (token.label === parent) this.#tokens.delete(key);
        else if (token.parent === parent && children === "revoke") revoked.push(token.label);
        else if (token.parent === parent) {
          kept.push(token.label);
          this.#tokens.set(key, { ...token, parent: named.parent });
        }
      }
    }
    return { revoked, kept };
  }

  async endToken(verifier: Uint8Array): Promise<undefined> {
    this.#tokens.delete(keyOf(verifier));
  }

  #ofOperators(): readonly AccessToken[] {
    return [...this.#tokens.values()].filter(({ scope }) => scope.role !== "self");
  }

  #isWithin(within: Scope, { scope }: AccessToken): boolean {
    if (within.role === "platform") return true;
    if (scope.role === "tenant") return within.role === "tenant" && within.tenant === scope.tenant;
    return scope.role === "domain" && isWithin(this.#state, within, scope.domain);
  }

  #missing(scope: Scope): string | undefined {
    const { tenants, domains, logins } = this.#state;
    if (scope.role === "tenant") return tenants.has(scope.tenant) ? undefined : scope.tenant;
    if (scope.role === "domain") return domains.has(scope.domain) ? undefined : scope.domain;
    return scope.role === "platform" || logins.has(scope.login) ? undefined : scope.login;
  }
}

const keyOf = (verifier: Uint8Array): string => Buffer.from(verifier).toString("hex");
