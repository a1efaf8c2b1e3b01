import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Authenticated, Authenticator, Login, LoginDirectory, Peer } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { Log } from "@poplar/telemetry";
import { HashQueue } from "./hash-queue.ts";
import { canonicalName } from "./login-name.ts";
import {
  DEFAULT_HASH_COST,
  type HashCost,
  hashOctets,
  PASSWORD_OCTETS_MAX,
  verifyOctets,
} from "./password-hash.ts";
import { type ProofKey, VerifiedCache } from "./verified-cache.ts";

/** What a password authenticator is made from. */
export interface PasswordAuthenticatorOptions {
  readonly logins: LoginDirectory;
  /** Hears why a login was refused; the client never does. */
  readonly log?: Pick<Log, "info" | "error">;
  /** Completes names without a domain. */
  readonly defaultDomain?: string;
  /** What most verifiers of this installation cost: unknown names cost the same. Default 19 MiB, 2 passes, 1 lane. */
  readonly hashCost?: HashCost;
  /** Hashes that run at once. Default: one for each core, at most 4 (the threads that Node has for such work). */
  readonly hashesAtOnceMax?: number;
  /** Hashes that wait; what comes then is `busy`. Default 128: some two seconds on two cores. */
  readonly hashesWaitingMax?: number;
  /** Right passwords remembered. Default 50,000. */
  readonly verifiedMax?: number;
  /** For how long. Default 300,000. */
  readonly verifiedTtlMs?: number;
  /** Milliseconds, from any origin. */
  readonly now?: () => number;
  /** Checks octets against a verifier; tests count the calls. Default argon2. */
  readonly verifyHash?: (verifier: string, password: Uint8Array) => Promise<boolean>;
}

/** Opens the door by name and password. */
export const createPasswordAuthenticator = (options: PasswordAuthenticatorOptions): Authenticator =>
  new PasswordAuthenticator(options);

/** Why, for the log alone. */
type RefusalReason = "unknown-name" | "wrong-password" | "login-disabled" | "password-too-long";

/** One stored verifier to check against, and the name of this proof in the cache. */
interface Check {
  readonly verifier: string;
  readonly key: ProofKey;
}

class PasswordAuthenticator implements Authenticator {
  readonly #options: PasswordAuthenticatorOptions;
  readonly #verifyHash: (verifier: string, password: Uint8Array) => Promise<boolean>;
  readonly #queue: HashQueue;
  readonly #verified: VerifiedCache;
  /** Checks under way: the same proof asked for twice at once is checked once. */
  readonly #underWay = new Map<ProofKey, Promise<boolean | "busy">>();
  /** A verifier that nothing matches, for names that have none: their answer takes as long as any. */
  readonly #decoy: Promise<string>;

  constructor(options: PasswordAuthenticatorOptions) {
    this.#options = options;
    this.#verifyHash = options.verifyHash ?? verifyOctets;
    this.#queue = new HashQueue({
      runningMax: options.hashesAtOnceMax ?? Math.min(availableParallelism(), 4),
      waitingMax: options.hashesWaitingMax ?? 128,
    });
    this.#verified = new VerifiedCache({
      entriesMax: options.verifiedMax ?? 50_000,
      ttlMs: options.verifiedTtlMs ?? 300_000,
      now: options.now ?? (() => performance.now()),
    });
    this.#decoy = hashOctets(randomBytes(32), options.hashCost ?? DEFAULT_HASH_COST);
  }

  async verifyPassword(typed: string, password: Uint8Array, peer: Peer): Promise<Authenticated | Fault> {
    if (password.length > PASSWORD_OCTETS_MAX) return this.#refuse("password-too-long", typed, peer);
    const name = canonicalName(typed, this.#options.defaultDomain);
    const login = name === undefined ? undefined : await this.#options.logins.findLogin(name);
    if (isFault(login)) return login;

    const checks = await this.#checksFor(login, name ?? typed, password);
    const remembered = checks.find(({ key }) => this.#verified.has(key));
    const matching = remembered ?? (await this.#match(checks, password));
    if (matching === "busy") return { fault: "busy" };
    if (login === undefined) return this.#refuse("unknown-name", typed, peer);
    if (matching === undefined) return this.#refuse("wrong-password", typed, peer);
    // Not before the check: a name that is disabled costs what any costs. And not remembered, for the same reason.
    if (login.isDisabled) return this.#refuse("login-disabled", typed, peer);
    if (remembered === undefined) this.#verified.add(matching.key);
    return { login: login.name, maildropId: login.maildropId, view: login.view, mechanism: "USER" };
  }

  apopTimestamp(): undefined {
    return undefined;
  }

  async verifyApop(): Promise<Fault> {
    return { fault: "bad-credentials" };
  }

  mechanisms(): readonly string[] {
    return [];
  }

  beginExchange(): undefined {
    return undefined;
  }

  /** The verifiers to try: those of the login, or the decoy. */
  async #checksFor(
    login: Login | undefined,
    name: string,
    password: Uint8Array,
  ): Promise<readonly [Check, ...Check[]]> {
    const { loginId = 0, version = 0, credentials = [] } = login ?? {};
    const checkOf = (credentialId: number, verifier: string): Check => ({
      verifier,
      key: this.#verified.keyOf(["password", name, loginId, version, credentialId, verifier, password]),
    });
    const [first, ...others] = credentials
      .filter(({ kind }) => kind === "password")
      .map(({ credentialId, verifier }) => checkOf(credentialId, verifier));
    return first === undefined ? [checkOf(0, await this.#decoy)] : [first, ...others];
  }

  /** Hashes until one matches. @returns `undefined` if none does. */
  async #match(checks: readonly Check[], password: Uint8Array): Promise<Check | "busy" | undefined> {
    for (const check of checks) {
      const isMatch = await this.#verifyOnce(check, password);
      if (isMatch === "busy") return "busy";
      if (isMatch) return check;
    }
    return undefined;
  }

  async #verifyOnce(check: Check, password: Uint8Array): Promise<boolean | "busy"> {
    const underWay = this.#underWay.get(check.key);
    if (underWay !== undefined) return underWay;
    const verification = this.#queue.run(async () => this.#verifyOne(check.verifier, password));
    this.#underWay.set(check.key, verification);
    try {
      return await verification;
    } finally {
      this.#underWay.delete(check.key);
    }
  }

  /** A verifier that cannot be read matches nothing; the operator hears of it, without the verifier. */
  async #verifyOne(verifier: string, password: Uint8Array): Promise<boolean> {
    try {
      return await this.#verifyHash(verifier, password);
    } catch (cause) {
      this.#options.log?.error(
        { event: "verifier-unreadable", err: cause },
        "a stored verifier cannot be read",
      );
      return false;
    }
  }

  #refuse(reason: RefusalReason, login: string, peer: Peer): Fault {
    this.#options.log?.info(
      { event: "login-refused-because", login, address: peer.address, reason },
      `login refused: ${reason}`,
    );
    return { fault: "bad-credentials" };
  }
}
