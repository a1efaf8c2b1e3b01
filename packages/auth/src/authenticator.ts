import { randomBytes } from "node:crypto";
import type {
  AttemptCounter,
  AuditTrail,
  Authenticated,
  Authenticator,
  CredentialDirectory,
  OwnerDoor,
  Peer,
  RpopDoor,
  SaslExchange,
  SecurityLayer,
} from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { Exchange } from "@poplar/sasl";
import type { AuthEvents, Log } from "@poplar/telemetry";
import { type AnyWhy, Attempt, type AttemptParts, type Proof, type Why } from "./attempt.ts";
import { AuditedLogins } from "./audited-logins.ts";
import { Door, type DoorLimits } from "./door.ts";
import { GuardedExchange, type ProofExchange } from "./guarded-exchange.ts";
import { isAllowedHere, type MechanismRule } from "./mechanism-policy.ts";
import {
  beginMechanism,
  isPossible,
  type MechanismParts,
  SASL_MECHANISMS,
  type SaslMechanism,
} from "./mechanisms.ts";
import { type JwksTimes, type OAuthIssuer, TokenJudge } from "./oauth.ts";
import { PasswordChecker, type PasswordCheckerOptions } from "./password-checker.ts";
import { readStoredPassword } from "./password-scheme.ts";
import { PolicyService, type PolicyServiceOptions } from "./policy-service.ts";
import { proveOwner } from "./prove-owner.ts";
import { provePassword } from "./prove-password.ts";
import { proveApop } from "./prove-secret.ts";
import type { NameRules } from "./resolve-login.ts";
import { TrustingDoor } from "./rpop.ts";
import type { SecretBox } from "./secret-box.ts";
import { UseNotes } from "./use-notes.ts";

/** What an authenticator is made from. */
export interface AuthenticatorOptions
  extends Omit<Partial<PasswordCheckerOptions>, "directory" | "log" | "verifyHash"> {
  readonly directory: CredentialDirectory;
  /** Hears why a login was refused; the client never does. */
  readonly log?: Pick<Log, "info" | "warn" | "error">;
  readonly audit?: Pick<AuditTrail, "record">;
  /** Which accepted logins go to the audit: the first a day of each name, place and mechanism, or all. */
  readonly auditAcceptedLogins?: "daily" | "all";
  readonly events?: AuthEvents;
  readonly names?: NameRules;
  /**
   * Opens what was sealed. Without it there are no shared secrets, SCRAM, one-time codes and app passwords.
   */
  readonly box?: SecretBox;
  /** What is offered where it is possible: names as in CAPA, `USER` and `APOP` beside them. */
  readonly mechanisms?: readonly string[];
  readonly rules?: readonly MechanismRule[];
  /** The name in timestamps, the realm of DIGEST-MD5, and the host names that its clients may mean. */
  readonly hostname?: string;
  readonly hostAliases?: readonly string[];
  readonly oauth?: { readonly issuers: readonly OAuthIssuer[]; readonly times?: JwksTimes };
  /**
   * Does an address in a client certificate open the login of that name without being mapped? Default: no.
   */
  readonly areCertificateEmailsLogins?: boolean;
  /** Networks whose hosts are believed who their users are, as CIDR. RFC 1081. None: no RPOP. */
  readonly rpopNetworks?: readonly string[];
  /** Counts over the fleet; in memory by default. */
  readonly counter?: AttemptCounter;
  readonly doorLimits?: Partial<DoorLimits>;
  readonly policyService?: PolicyServiceOptions;
  /** Mechanisms from elsewhere, such as GSSAPI. */
  readonly extraMechanisms?: readonly ExtraMechanism[];
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
  /** Lets time pass at the door. */
  readonly wait?: (milliseconds: number) => Promise<void>;
  /** Checks octets against a verifier; tests count the calls. */
  readonly verifyHash?: (verifier: string, password: Uint8Array) => Promise<boolean>;
}

/** A mechanism that another room implements. */
export interface ExtraMechanism {
  /** As in CAPA, e.g. `GSSAPI`. */
  readonly name: string;
  /** Could somebody use it on this connection? */
  isPossible(peer: Peer): boolean;
  /** Begins; the exchange says which login its bearer has, or a fault, or a reason id. */
  begin(peer: Peer): ExtraExchange;
}

/** Whom another room vouches for. */
export interface Vouched {
  /** The canonical name of the login. */
  readonly login: string;
  /** What the exchange has agreed on for the rest of the connection. */
  readonly securityLayer?: SecurityLayer | undefined;
}

/** An exchange of a mechanism from elsewhere. */
export interface ExtraExchange extends Exchange<Vouched, AnyWhy> {
  /** Frees what it holds, except a security layer that it has handed out. Called once. */
  close?(): void;
}

/**
 * Those that do no harm where nobody has made ready for them. CRAM-MD5, DIGEST-MD5 and APOP need a secret
 * that can be read again, and clients that see them on offer use them: an operator switches them on.
 */
export const DEFAULT_MECHANISMS: readonly string[] = [
  "USER",
  "PLAIN",
  "LOGIN",
  "SCRAM-SHA-1",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-256-PLUS",
  "OAUTHBEARER",
  "XOAUTH2",
  "EXTERNAL",
];

/** Opens the door, by every mechanism there is. */
export const createAuthenticator = (options: AuthenticatorOptions): Authenticator & OwnerDoor =>
  new EveryAuthenticator(options);

const SCRAM_PLUS = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"] as const;

class EveryAuthenticator implements Authenticator, OwnerDoor {
  readonly rpop: RpopDoor | undefined;
  readonly #parts: MechanismParts;
  readonly #offered: ReadonlySet<string>;
  readonly #extra: readonly ExtraMechanism[];
  /** Part of each timestamp: no other process has it, and this one not after a restart. */
  readonly #unique = randomBytes(9).toString("hex");
  #timestamps = 0;

  constructor(options: AuthenticatorOptions) {
    this.#parts = partsOf(options);
    const { rpopNetworks = [] } = options;
    this.rpop = rpopNetworks.length === 0 ? undefined : new TrustingDoor(this.#parts, rpopNetworks);
    this.#extra = options.extraMechanisms ?? [];
    this.#offered = new Set([
      ...(options.mechanisms ?? DEFAULT_MECHANISMS),
      ...this.#extra.map(({ name }) => name),
    ]);
  }

  async verifyPassword(name: string, password: Uint8Array, peer: Peer): Promise<Authenticated | Fault> {
    const attempt = new Attempt(this.#parts, "USER", peer);
    attempt.name(name);
    if (!this.#isOffered("USER", peer)) return attempt.refuse("mechanism-not-allowed");
    return conclude(attempt, await provePassword(this.#parts, attempt, name, password));
  }

  async verifyOwner(
    name: string,
    proof: { readonly password: Uint8Array; readonly code: string | undefined },
    peer: Peer,
  ): Promise<Authenticated | Fault> {
    // A password in the clear inside TLS is what PLAIN is: rules about one hold for the other.
    const attempt = new Attempt(this.#parts, "PLAIN", peer);
    attempt.name(name);
    if (!isAllowedHere(this.#parts.rules, "PLAIN", peer)) return attempt.refuse("mechanism-not-allowed");
    return conclude(attempt, await proveOwner(this.#parts, attempt, name, proof));
  }

  apopTimestamp(peer: Peer): string | undefined {
    return this.#parts.box !== undefined && this.#isOffered("APOP", peer) ? this.#timestamp() : undefined;
  }

  async verifyApop(
    name: string,
    digest: string,
    timestamp: string,
    peer: Peer,
  ): Promise<Authenticated | Fault> {
    const attempt = new Attempt(this.#parts, "APOP", peer);
    attempt.name(name);
    if (this.#parts.box === undefined || !this.#isOffered("APOP", peer)) {
      return attempt.refuse("mechanism-not-allowed");
    }
    return conclude(attempt, await proveApop(this.#parts, attempt, name, { digest, timestamp }));
  }

  mechanisms(peer: Peer): readonly string[] {
    const own = SASL_MECHANISMS.filter((mechanism) => this.#isOwnOffered(mechanism, peer));
    const extra = this.#extra.filter((each) => this.#isExtraOffered(each, peer)).map(({ name }) => name);
    return [...extra, ...own];
  }

  beginExchange(mechanism: string, peer: Peer): SaslExchange | undefined {
    const name = mechanism.toUpperCase();
    const attempt = new Attempt(this.#parts, name, peer);
    const extra = this.#extra.find((each) => each.name === name);
    if (extra !== undefined) {
      if (!this.#isExtraOffered(extra, peer)) return undefined;
      return new GuardedExchange(attempt, mapped(this.#parts, attempt, extra.begin(peer)));
    }
    const own = SASL_MECHANISMS.find((each) => each === name);
    if (own === undefined || !this.#isOwnOffered(own, peer)) return undefined;
    const exchange = beginMechanism(this.#parts, attempt, own, {
      makeTimestamp: () => this.#timestamp(),
      isPlusOffered: SCRAM_PLUS.some((plus) => this.#isOwnOffered(plus, peer)),
    });
    return new GuardedExchange(attempt, exchange);
  }

  #isOffered(mechanism: string, peer: Peer): boolean {
    return this.#offered.has(mechanism) && isAllowedHere(this.#parts.rules, mechanism, peer);
  }

  #isOwnOffered(mechanism: SaslMechanism, peer: Peer): boolean {
    return this.#isOffered(mechanism, peer) && isPossible(this.#parts, mechanism, peer);
  }

  #isExtraOffered(extra: ExtraMechanism, peer: Peer): boolean {
    return this.#isOffered(extra.name, peer) && extra.isPossible(peer);
  }

  /** `<unique@host>`, a msg-id. RFC 1939 §7, RFC 2195 §2. */
  #timestamp(): string {
    this.#timestamps += 1;
    return `<${this.#unique}.${this.#timestamps}.${this.#parts.nowMs()}@${this.#parts.hostname}>`;
  }
}

async function conclude(
  attempt: Attempt,
  verdict: { readonly who: Proof } | { readonly why: Why },
): Promise<Authenticated | Fault> {
  return "who" in verdict ? attempt.admit(verdict.who) : attempt.refuse(verdict.why);
}

/** Finds the login that an exchange from elsewhere has named. */
const mapped = ({ directory }: AttemptParts, attempt: Attempt, exchange: ExtraExchange): ProofExchange => ({
  next: async (response) => {
    const step = await exchange.next(response);
    if (step.step !== "authenticated") return step;
    const { login: name, securityLayer } = step.who;
    attempt.name(name);
    const login = await directory.findLogin(name);
    if (login === undefined || isFault(login)) {
      securityLayer?.close();
      return { step: "refused", why: login ?? "unknown-name" };
    }
    const who: Proof = { login, credential: undefined, isSecondFactorShown: true, securityLayer };
    return { step: "authenticated", who, authzid: step.authzid };
  },
  close: () => exchange.close?.(),
});

function partsOf(options: AuthenticatorOptions): MechanismParts {
  const { directory, log, audit, box, oauth, counter, doorLimits, wait, hostname = "localhost" } = options;
  const nowMs = options.nowMs ?? Date.now;
  const verifyHash =
    options.verifyHash ?? (async (stored, octets) => readStoredPassword(stored, { box }).matches(octets));
  return {
    directory,
    log,
    audit,
    audited: options.auditAcceptedLogins === "daily" ? new AuditedLogins(nowMs) : undefined,
    events: options.events,
    box,
    names: options.names ?? {},
    rules: options.rules ?? [],
    checker: new PasswordChecker({
      ...options,
      mechanisms: options.mechanisms ?? DEFAULT_MECHANISMS,
      verifyHash,
    }),
    door: new Door({ counter, limits: doorLimits, wait }),
    uses: new UseNotes(directory, nowMs),
    policyService: options.policyService === undefined ? undefined : new PolicyService(options.policyService),
    nowMs,
    hostname,
    hosts: [hostname, ...(options.hostAliases ?? [])].map((name) => name.toLowerCase()),
    judge: oauth === undefined ? undefined : new TokenJudge(oauth.issuers, oauth.times),
    oauthScope: oauth?.issuers.find(({ scope }) => scope !== undefined)?.scope,
    areCertificateEmailsLogins: options.areCertificateEmailsLogins ?? false,
  };
}
