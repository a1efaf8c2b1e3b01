import { isRegistryFault, type Scope } from "@poplar/maildrop";
import { z } from "zod";
import { freshToken, type TokenEntry, tokenEntry } from "./access-token.ts";
import { credentialLabel, domainName, inDays, lifetimeDays, tenantName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { type PageInput, pageFields, pageOf, type Slice, sliceOf } from "./page.ts";
import { forbidden } from "./permit.ts";

/** A token to be: for everything, or for the one tenant or domain that is named. */
export interface NewTokenInput {
  /** Names it in lists and in the audit. */
  readonly label: string;
  readonly role: "platform" | "tenant" | "domain";
  readonly tenant?: string | undefined;
  readonly domain?: string | undefined;
  /** When it ends; when absent never, or with the token that it is made with. */
  readonly expiresInDays?: number | undefined;
}

/** A token, once: nobody can read it again. */
export interface NewToken extends TokenEntry {
  readonly token: string;
}

/** Which token, and what becomes of those that were made with it. */
export interface RevokedTokenInput {
  readonly label: string;
  /** `revoke` when absent. With `keep` they go with whatever made the one that is revoked. */
  readonly children?: "revoke" | "keep" | undefined;
}

/** The labels of tokens that are worth nothing any more, the one that was named first, and of those left. */
export interface RevokedTokens {
  readonly revoked: readonly string[];
  readonly kept: readonly string[];
}

/** The token that stands in the server's data folder is called so in the audit. */
export const PLATFORM_TOKEN_LABEL = "api-token";

/** Makes a token for the API. Nobody makes one that may do more than his, or lasts for longer. */
export const addToken: Operation<NewTokenInput, NewToken> = defineOperation({
  name: "add-token",
  inputSchema: z
    .strictObject({
      label: credentialLabel().refine((label) => label !== PLATFORM_TOKEN_LABEL, {
        error: "must not be that of the server's own token",
      }),
      role: z.enum(["platform", "tenant", "domain"], { error: "must be platform, tenant or domain" }),
      tenant: tenantName().optional(),
      domain: domainName().optional(),
      expiresInDays: lifetimeDays().optional(),
    })
    .refine(
      ({ role, tenant, domain }) =>
        (tenant !== undefined) === (role === "tenant") && (domain !== undefined) === (role === "domain"),
      { error: "A token of a tenant names the tenant, one of a domain the domain, and no other anything" },
    ),
  reach: ({ tenant, domain }) => [
    ...(tenant === undefined ? [] : [{ tenant }]),
    ...(domain === undefined ? [] : [{ domain }]),
  ],
  subject: ({ label }) => label,
  perform: async ({ tokens }, { label, expiresInDays, ...input }, actor) => {
    const scope = scopeOf(input);
    if (scope.role === "platform" && actor.scope.role !== "platform") {
      return forbidden("A token for everything is made by whoever has one.");
    }
    const { token, verifier } = freshToken();
    const added = await tokens.addToken({
      verifier,
      label,
      scope,
      createdBy: actor.name ?? "the server",
      parentId: actor.tokenId,
      expiresAt: earlierOf(expiresInDays === undefined ? undefined : inDays(expiresInDays), actor.expiresAt),
    });
    return isRegistryFault(added) ? added : { ...tokenEntry(added), token };
  },
});

/** The tokens of operators, by label. */
export const listTokens: Operation<PageInput, Slice<TokenEntry>> = defineOperation({
  name: "list-tokens",
  inputSchema: z.strictObject(pageFields),
  reach: () => [],
  perform: async ({ tokens }, page, { scope }) => {
    const found = await tokens.listTokens(scope, pageOf(page));
    return isRegistryFault(found) ? found : sliceOf(found, page.limit, tokenEntry, ({ label }) => label);
  },
});

/**
 * Takes a token back: from the next request on it is worth nothing. Nor are those that were made with it, and
 * with these: who has had it may have made himself another one.
 */
export const revokeToken: Operation<RevokedTokenInput, RevokedTokens> = defineOperation({
  name: "revoke-token",
  inputSchema: z.strictObject({
    label: credentialLabel(),
    children: z.enum(["revoke", "keep"], { error: "must be revoke or keep" }).default("revoke"),
  }),
  reach: () => [],
  subject: ({ label }) => label,
  alsoAbout: (_, { revoked }) => revoked.slice(1),
  perform: async ({ tokens }, { label, children }, { scope }) => tokens.revokeToken(label, scope, children),
});

/** Absent: never. */
function earlierOf(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

function scopeOf({ tenant, domain }: Pick<NewTokenInput, "tenant" | "domain">): Scope {
  if (tenant !== undefined) return { role: "tenant", tenant };
  return domain === undefined ? { role: "platform" } : { role: "domain", domain };
}
