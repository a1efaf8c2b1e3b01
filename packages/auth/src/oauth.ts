import {
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { type IntrospectionOptions, TokenIntrospection } from "./introspection.ts";
import type { TokenRefusal } from "./refusal-reason.ts";

/** Somebody whose tokens open maildrops. */
export interface OAuthIssuer {
  /** As it stands in `iss`; compared letter by letter. */
  readonly issuer: string;
  /** One of these must be meant by the token. RFC 9068 §4. */
  readonly audience: readonly string[];
  /** Where its public keys are; absent: tokens are opaque and asked about. */
  readonly jwksUrl?: string;
  /** RFC 7662. */
  readonly introspection?: IntrospectionOptions;
  /**
   * The claim that names the login, e.g. `email`; absent: only subjects that an operator has written down.
   */
  readonly loginClaim?: string;
  /** A scope that the token must have. */
  readonly scope?: string;
}

/** How the keys of an issuer are fetched. */
export interface JwksTimes {
  /** A key that is not known is looked for again after this. Default 30,000. */
  readonly cooldownMs?: number;
  /** Default 600,000. */
  readonly maxAgeMs?: number;
  /** Default 5,000. */
  readonly timeoutMs?: number;
}

/** What a token says of its bearer. */
export interface TokenIdentity {
  /** Under which an operator may have mapped it: issuer, space, subject. */
  readonly subject: string;
  /** What `loginClaim` says. */
  readonly login: string | undefined;
}

/** The issuer, or its keys, cannot be reached: nobody can say whether the token is right. */
export class TokenAuthorityDown extends Error {
  override readonly name = "TokenAuthorityDown";
}

/** Asymmetric ones only: whoever knows a public key must not be able to sign with it. RFC 8725 §3.1. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

const CLOCK_TOLERANCE_SECONDS = 30;

/** More is no token. */
const TOKEN_OCTETS_MAX = 32 * 1024;

interface KnownIssuer {
  readonly options: OAuthIssuer;
  readonly keys: JWTVerifyGetKey | undefined;
  readonly introspection: TokenIntrospection | undefined;
}

/** Judges bearer tokens. RFC 6750, RFC 7519, RFC 7662. */
export class TokenJudge {
  readonly #issuers: readonly KnownIssuer[];

  constructor(issuers: readonly OAuthIssuer[], times: JwksTimes = {}) {
    this.#issuers = issuers.map((options) => ({
      options,
      keys:
        options.jwksUrl === undefined
          ? undefined
          : createRemoteJWKSet(new URL(options.jwksUrl), {
              cooldownDuration: times.cooldownMs ?? 30_000,
              cacheMaxAge: times.maxAgeMs ?? 600_000,
              timeoutDuration: times.timeoutMs ?? 5000,
            }),
      introspection:
        options.introspection === undefined ? undefined : new TokenIntrospection(options.introspection),
    }));
  }

  /** The login that a token claims to be for: unchecked, and `undefined` where it says nothing. */
  claimedLogin(token: string): string | undefined {
    const claims = token.length > TOKEN_OCTETS_MAX ? undefined : claimsOf(token);
    const issuer = this.#issuers.find(({ options }) => options.issuer === claims?.iss);
    const claim = issuer?.options.loginClaim === undefined ? undefined : claims?.[issuer.options.loginClaim];
    return typeof claim === "string" ? claim : undefined;
  }

  /** Rejects with `TokenAuthorityDown`. */
  async judge(token: string): Promise<TokenIdentity | TokenRefusal> {
    if (token.length > TOKEN_OCTETS_MAX) return "token-malformed";
    const claimed = issuerOf(token);
    if (claimed === undefined) return this.#judgeOpaque(token);
    const issuer = this.#issuers.find(({ options }) => options.issuer === claimed);
    if (issuer === undefined) return "token-wrong-issuer";
    const { keys, introspection, options } = issuer;
    if (keys !== undefined) {
      const payload = await verified(token, keys, options);
      return typeof payload === "string" ? payload : identityIn(payload, options);
    }
    if (introspection === undefined) return "token-wrong-issuer";
    return this.#ask(token, issuer, introspection);
  }

  /** A token that says nothing: each issuer that can be asked is, until one knows it. */
  async #judgeOpaque(token: string): Promise<TokenIdentity | TokenRefusal> {
    let refusal: TokenRefusal = "token-malformed";
    for (const issuer of this.#issuers) {
      if (issuer.introspection === undefined) continue;
      const answer = await this.#ask(token, issuer, issuer.introspection);
      if (typeof answer !== "string") return answer;
      refusal = answer;
    }
    return refusal;
  }

  async #ask(
    token: string,
    { options }: KnownIssuer,
    introspection: TokenIntrospection,
  ): Promise<TokenIdentity | TokenRefusal> {
    const claims = await introspection.ask(token).catch((cause: unknown) => {
      throw new TokenAuthorityDown(`the introspection of ${options.issuer} does not answer`, { cause });
    });
    if (claims === undefined) return "token-inactive";
    if (claims.iss !== undefined && claims.iss !== options.issuer) return "token-wrong-issuer";
    const audience = typeof claims.aud === "string" ? [claims.aud] : (claims.aud ?? []);
    if (!options.audience.some((wanted) => audience.includes(wanted))) return "token-wrong-audience";
    if (typeof claims.exp === "number" && claims.exp * 1000 <= Date.now()) return "token-expired";
    return identityIn(claims, options);
  }
}

/** The issuer that a JWT names, unchecked; `undefined` for a token that is none. */
function issuerOf(token: string): string | undefined {
  const claims = claimsOf(token);
  return claims && (claims.iss ?? "");
}

/** What a JWT says, unchecked; `undefined` for a token that is none. */
function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

async function verified(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience }: OAuthIssuer,
): Promise<JWTPayload | TokenRefusal> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: [...audience],
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ["exp"],
    });
    return payload;
  } catch (err) {
    return refusalOf(err, issuer);
  }
}

function refusalOf(err: unknown, issuer: string): TokenRefusal {
  if (err instanceof errors.JWTExpired) return "token-expired";
  if (err instanceof errors.JWTClaimValidationFailed) {
    if (err.claim === "aud") return "token-wrong-audience";
    return err.claim === "iss" ? "token-wrong-issuer" : "token-expired";
  }
  const isForged =
    err instanceof errors.JWSSignatureVerificationFailed ||
    err instanceof errors.JWKSNoMatchingKey ||
    err instanceof errors.JWKSMultipleMatchingKeys ||
    err instanceof errors.JOSEAlgNotAllowed;
  if (isForged) return "token-wrong-signature";
  if (err instanceof errors.JWSInvalid || err instanceof errors.JWTInvalid) return "token-malformed";
  if (err instanceof errors.JOSENotSupported) return "token-malformed";
  throw new TokenAuthorityDown(`the keys of ${issuer} cannot be had`, { cause: err });
}

function identityIn(claims: JWTPayload, options: OAuthIssuer): TokenIdentity | TokenRefusal {
  const { issuer, loginClaim, scope } = options;
  if (scope !== undefined && !scopesIn(claims).includes(scope)) return "token-without-scope";
  // An address that the issuer has not seen answered may be anybody's. Some issuers say so in a string.
  const isVerified = ["true", "undefined"].includes(String(claims["email_verified"]));
  const isUnverified = loginClaim === "email" && !isVerified;
  const claim = loginClaim === undefined || isUnverified ? undefined : claims[loginClaim];
  if (typeof claims.sub !== "string" && typeof claim !== "string") return "token-without-login";
  return {
    subject: `${issuer} ${claims.sub ?? ""}`,
    login: typeof claim === "string" && claim !== "" ? claim : undefined,
  };
}

/** RFC 8693 §4.2: words in a string; some issuers write a list, or call it `scp`. */
function scopesIn(claims: JWTPayload): readonly unknown[] {
  const scopes = claims["scope"] ?? claims["scp"];
  if (typeof scopes === "string") return scopes.split(" ");
  return Array.isArray(scopes) ? scopes : [];
}
