import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Credential, CredentialDirectory, Login } from "@poplar/maildrop";
import type { Log } from "@poplar/telemetry";
import { HashQueue } from "./hash-queue.ts";
import { DEFAULT_HASH_COST, type HashCost, hashOctets } from "./password-hash.ts";
import { isArgon2, type UpgradeParts, upgradeOf, upgradePassword } from "./password-upgrade.ts";
import { passwordForms } from "./saslprep.ts";
import type { SecretBox } from "./secret-box.ts";
import { type ProofKey, VerifiedCache } from "./verified-cache.ts";

/** What a checker of passwords is made from. */
export interface PasswordCheckerOptions {
  readonly directory: Pick<CredentialDirectory, "replaceVerifier">;
  readonly log?: Pick<Log, "info" | "error"> | undefined;
  /**
   * What most verifiers of this installation cost: unknown names cost the same. Default 19 MiB, 2 passes, 1
   * lane.
   */
  readonly hashCost?: HashCost | undefined;
  /**
   * Hashes that run at once. Default: one for each core, at most 4 (the threads that Node has for such work).
   */
  readonly hashesAtOnceMax?: number | undefined;
  /** Hashes that wait; what comes then is `busy`. Default 128: some two seconds on two cores. */
  readonly hashesWaitingMax?: number | undefined;
  /** Right passwords remembered. Default 50,000. */
  readonly verifiedMax?: number | undefined;
  /** For how long. Default 300,000. */
  readonly verifiedTtlMs?: number | undefined;
  /** Seals what SCRAM needs, which is made where it is lacking. */
  readonly box?: SecretBox | undefined;
  /** What is offered. Default: nothing that would need more than the password. */
  readonly mechanisms?: readonly string[] | undefined;
  /** Milliseconds, from any origin. */
  readonly now?: (() => number) | undefined;
  /** Checks octets against a verifier. */
  readonly verifyHash: (verifier: string, password: Uint8Array) => Promise<boolean>;
}

/** A password that is right. */
export interface PasswordMatch {
  readonly credential: Credential;
  /** It was right a moment ago, and cost nothing now. */
  readonly isRemembered: boolean;
  /**
   * To be called when it opens the door: saves the next hash, and puts an old scheme on the state of the art.
   */
  remember(): void;
}

/** One stored verifier to check one form of the password against, and the name of this proof in the cache. */
interface Check {
  readonly login: Login | undefined;
  readonly credential: Credential;
  readonly form: Uint8Array;
  readonly key: ProofKey;
}

/**
 * Checks passwords so that neither a hash too many nor a name that does not exist makes a difference to a
 * stranger.
 */
export class PasswordChecker {
  readonly #options: PasswordCheckerOptions;
  readonly #queue: HashQueue;
  readonly #verified: VerifiedCache;
  /** What was last to be checked: who asks whether a password is remembered asks then what it is. */
  #last:
    | { readonly login: Login; readonly octets: Uint8Array; readonly checks: readonly Check[] }
    | undefined;
  /** Checks under way: the same proof asked for twice at once is checked once. */
  readonly #underWay = new Map<ProofKey, Promise<boolean | "busy">>();
  /** A verifier that nothing matches, for names that have none: their answer takes as long as any. */
  readonly #decoy: Promise<string>;

  constructor(options: PasswordCheckerOptions) {
    this.#options = options;
    this.#queue = new HashQueue({
      runningMax: options.hashesAtOnceMax ?? Math.min(availableParallelism(), 4),
      waitingMax: options.hashesWaitingMax ?? 128,
    });
    this.#verified = new VerifiedCache({
      entriesMax: options.verifiedMax ?? 50_000,
      ttlMs: options.verifiedTtlMs ?? 300_000,
      now: options.now ?? (() => performance.now()),
    });
    this.#decoy = hashOctets(randomBytes(32), this.#hashCost);
  }

  /**
   * Finds the password of a login that these octets are.
   *
   * @param login `undefined` where nobody has the name; the answer takes as long.
   * @returns `busy` when too many wait for a hash.
   */
  async find(login: Login | undefined, octets: Uint8Array): Promise<PasswordMatch | "busy" | undefined> {
    const checks = this.#checksFor(login, octets);
    // No password is kept for longer than it is needed.
    this.#last = undefined;
    const remembered = checks.find(({ key }) => this.#verified.has(key));
    if (remembered !== undefined) return this.#matched(remembered, true);
    for (const check of checks) {
      const isMatch = await this.#verifyOnce(check);
      if (isMatch === "busy") return "busy";
      if (isMatch) return this.#matched(check, false);
    }
    // Imported schemes can be much faster: whoever is refused has waited for one hash of ours, at least.
    if (checks.some(({ credential }) => isArgon2(credential.verifier))) return undefined;
    return (await this.#verifyOnce(await this.#decoyCheck(octets))) === "busy" ? "busy" : undefined;
  }

  /** Was this found right a moment ago? */
  isRemembered(login: Login | undefined, octets: Uint8Array): boolean {
    return this.#checksFor(login, octets).some(({ key }) => this.#verified.has(key));
  }

  get #hashCost(): HashCost {
    return this.#options.hashCost ?? DEFAULT_HASH_COST;
  }

  #checksFor(login: Login | undefined, octets: Uint8Array): readonly Check[] {
    if (login === undefined) return [];
    if (this.#last?.login === login && this.#last.octets === octets) return this.#last.checks;
    const checks = this.#newChecks(login, octets);
    this.#last = { login, octets, checks };
    return checks;
  }

  #newChecks(login: Login, octets: Uint8Array): readonly Check[] {
    const passwords = login.credentials.filter(({ kind }) => kind === "password");
    return passwordForms(octets).flatMap((form) =>
      passwords.map((credential) => ({
        login,
        credential,
        form,
        key: this.#keyOf(login.name, [login.loginId, login.version], credential, form),
      })),
    );
  }

  async #decoyCheck(octets: Uint8Array): Promise<Check> {
    const credential: Credential = { credentialId: 0, kind: "password", verifier: await this.#decoy };
    return { login: undefined, credential, form: octets, key: this.#keyOf("", [0, 0], credential, octets) };
  }

  #keyOf(
    name: string,
    [loginId, version]: readonly [number, number],
    { credentialId, verifier }: Credential,
    form: Uint8Array,
  ): ProofKey {
    return this.#verified.keyOf(["password", name, loginId, version, credentialId, verifier, form]);
  }

  #matched(check: Check, isRemembered: boolean): PasswordMatch {
    return {
      credential: check.credential,
      isRemembered,
      remember: () => {
        if (isRemembered) return;
        this.#verified.add(check.key);
        void this.#upgrade(check);
      },
    };
  }

  async #verifyOnce(check: Check): Promise<boolean | "busy"> {
    const underWay = this.#underWay.get(check.key);
    if (underWay !== undefined) return underWay;
    const verification = this.#queue.run(async () => this.#verifyOne(check));
    this.#underWay.set(check.key, verification);
    try {
      return await verification;
    } finally {
      this.#underWay.delete(check.key);
    }
  }

  /** A verifier that cannot be read matches nothing; the operator hears of it, without the verifier. */
  async #verifyOne({ credential, form }: Check): Promise<boolean> {
    try {
      return await this.#options.verifyHash(credential.verifier, form);
    } catch (cause) {
      this.#options.log?.error(
        { event: "verifier-unreadable", credentialId: credential.credentialId, err: cause },
        "a stored verifier cannot be read",
      );
      return false;
    }
  }

  /**
   * Imported schemes are left behind as soon as the password is known, and what SCRAM needs is made. Never
   * rejects: the next login tries again.
   */
  async #upgrade({ login, credential, form }: Check): Promise<void> {
    const { directory, box, mechanisms = [], log } = this.#options;
    const parts: UpgradeParts = { directory, box, mechanisms, hashCost: this.#hashCost };
    const upgrade = login === undefined ? undefined : upgradeOf(parts, login, credential);
    if (upgrade === undefined) return;
    try {
      await this.#queue.run(async () => upgradePassword(parts, credential, upgrade, form));
    } catch (cause) {
      const { credentialId } = credential;
      log?.error({ event: "verifier-not-upgraded", credentialId, err: cause });
    }
  }
}
