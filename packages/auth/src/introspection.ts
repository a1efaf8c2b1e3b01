import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";

/** Where an issuer says what a token is worth. RFC 7662. */
export interface IntrospectionOptions {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long an answer is good for, in milliseconds; a revoked token opens for as long. Default 60,000. */
  readonly cacheMs?: number;
  /** Answers kept. Default 10,000. */
  readonly cachedMax?: number;
  /** Default 5,000. */
  readonly timeoutMs?: number;
}

interface Answer {
  /** `undefined`: the token is not active. */
  readonly claims: JWTPayload | undefined;
  readonly endMs: number;
}

const ANSWER_CHARACTERS_MAX = 64 * 1024;
/** Lies and typing errors are asked about again sooner. */
const INACTIVE_MS = 5000;

/** Asks an issuer about tokens, and remembers what it said for a while. */
export class TokenIntrospection {
  readonly #options: IntrospectionOptions;
  /** By hash of the token, the oldest first. */
  readonly #answers = new Map<string, Answer>();

  constructor(options: IntrospectionOptions) {
    this.#options = options;
  }

  /**
   * @returns the claims of an active token, else `undefined`. Rejects when there is no answer that makes
   *    sense.
   */
  async ask(token: string): Promise<JWTPayload | undefined> {
    const key = createHash("sha256").update(token).digest("base64");
    const known = this.#answers.get(key);
    if (known !== undefined && known.endMs > Date.now()) return known.claims;
    const claims = await this.#fetch(token);
    const { cacheMs = 60_000, cachedMax = 10_000 } = this.#options;
    const expiryMs = typeof claims?.exp === "number" ? claims.exp * 1000 : Number.POSITIVE_INFINITY;
    const endMs = Math.min(Date.now() + (claims === undefined ? INACTIVE_MS : cacheMs), expiryMs);
    this.#answers.delete(key);
    this.#answers.set(key, { claims, endMs });
    if (this.#answers.size > cachedMax) {
      const [oldest] = this.#answers.keys();
      if (oldest !== undefined) this.#answers.delete(oldest);
    }
    return claims;
  }

  async #fetch(token: string): Promise<JWTPayload | undefined> {
    const { url, clientId, clientSecret, timeoutMs = 5000 } = this.#options;
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Basic ${basic.toString("base64")}`, accept: "application/json" },
      body: new URLSearchParams({ token, token_type_hint: "access_token" }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
    });
    const text = await response.text();
    if (!response.ok || text.length > ANSWER_CHARACTERS_MAX)
      throw new Error(`it answered ${response.status}`);
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== "object" || answer === null || !("active" in answer)) {
      throw new Error("its answer is none of RFC 7662");
    }
    return answer.active === true ? { ...answer } : undefined;
  }
}
