import type {
  AuditTrail,
  Authenticated,
  Credential,
  CredentialDirectory,
  Login,
  Peer,
  SecurityLayer,
} from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { AuthEvents, Log } from "@poplar/telemetry";
import { whyNotAdmitted } from "./admission.ts";
import type { AuditedLogins } from "./audited-logins.ts";
import type { Caller, Door } from "./door.ts";
import { canonicalName } from "./login-name.ts";
import type { MechanismRule } from "./mechanism-policy.ts";
import type { PasswordChecker } from "./password-checker.ts";
import type { PolicyRequest, PolicyService } from "./policy-service.ts";
import type { RefusalReason } from "./refusal-reason.ts";
import { resealAll } from "./reseal.ts";
import { isHostLogin, type NameRules, resolveLogin } from "./resolve-login.ts";
import type { SecretBox } from "./secret-box.ts";
import type { UseNotes } from "./use-notes.ts";

/** What every attempt to log in works with. */
export interface AttemptParts {
  readonly directory: CredentialDirectory;
  readonly names: NameRules;
  readonly rules: readonly MechanismRule[];
  readonly checker: PasswordChecker;
  readonly door: Door;
  readonly uses: UseNotes;
  readonly box: SecretBox | undefined;
  readonly policyService: PolicyService | undefined;
  readonly audit: Pick<AuditTrail, "record"> | undefined;
  /** Leaves accepted logins out that are no news; absent: none are. */
  readonly audited: AuditedLogins | undefined;
  readonly events: AuthEvents | undefined;
  readonly log: Pick<Log, "info" | "error"> | undefined;
  /** The wall clock, in milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** Why somebody is not let in: his fault, for the log alone, or ours, which he hears. */
export type Why = RefusalReason | Fault;

/** The same where another room gives reasons of its own. */
export type AnyWhy = Fault | string;

/** What somebody has shown. */
export interface Proof {
  /** `undefined`: nobody has the name, and the check was for show. */
  readonly login: Login | undefined;
  readonly credential: Credential | undefined;
  /** It takes more than a password to show this, or a one-time code came with it. */
  readonly isSecondFactorShown: boolean;
  /** On whose behalf its bearer wants to act, where the mechanism says so with the proof. */
  readonly authzid?: string | undefined;
  /** To be called when it opens the door. */
  readonly onOpened?: () => void;
  /** What protects the rest of the connection, if the door opens. */
  readonly securityLayer?: SecurityLayer | undefined;
}

/** A name that was typed for longer than any name is cut in log and audit. */
const TYPED_CHARACTERS_MAX = 320;

/**
 * One attempt to log in by one mechanism on one connection: from a name to an answer, past the door and into
 * the audit.
 */
export class Attempt {
  readonly mechanism: string;
  readonly peer: Peer;
  readonly #parts: AttemptParts;
  #typed = "";
  #login: Login | undefined;
  #password: Uint8Array | undefined;
  /** What a proof that does not fit means, where more is known than that. */
  #presumed: RefusalReason | undefined;
  /** As whom it has waited at the door. */
  #waitedAs: Caller | undefined;
  /** Has everybody been asked who may be against it before its proof counts? */
  #isAsked = false;

  constructor(parts: AttemptParts, mechanism: string, peer: Peer) {
    this.#parts = parts;
    this.mechanism = mechanism;
    this.peer = peer;
  }

  /** What the client typed, or what else stands for it in the log until there is a login. */
  name(typed: string): void {
    this.#typed = typed.slice(0, TYPED_CHARACTERS_MAX);
  }

  /** The canonical form of who is meant, whether there is such a login or not. */
  get canonical(): string {
    return this.#login?.name ?? canonicalName(this.#typed, undefined) ?? this.#typed.toLowerCase();
  }

  /** A proof that turns out wrong was wrong for this reason. */
  presume(reason: RefusalReason): void {
    this.#presumed ??= reason;
  }

  /**
   * Waits at the door before work is done for somebody who has not shown yet who he is: who fails all the
   * time shall not cause it all the time.
   */
  async approach(): Promise<Why | undefined> {
    this.#waitedAs = this.#caller;
    return (await this.#parts.door.wait(this.#waitedAs)) === "busy" ? { fault: "busy" } : undefined;
  }

  /** Finds who is meant, and waits at the door. Not for right passwords of people who come all the time. */
  async identify(
    typed: string,
    password?: Uint8Array,
  ): Promise<{ readonly login: Login | undefined } | { readonly why: Why }> {
    const { directory, names, checker, door } = this.#parts;
    this.name(typed);
    this.#password = password;
    const login = await resolveLogin(directory, names, typed, this.peer);
    if (isFault(login)) return { why: login };
    this.#login = login;
    if (login === undefined) this.presume("unknown-name");
    const isUsual =
      password !== undefined && door.isKnownHere(this.#caller) && checker.isRemembered(login, password);
    if (isUsual) this.#isAsked = true;
    const why = await this.#waitAtDoor();
    return why === undefined ? { login } : { why };
  }

  /** The proof is right: lets its bearer in, unless something else stands against it. */
  async admit(proof: Proof, authzid: string | undefined = proof.authzid): Promise<Authenticated | Fault> {
    const { login } = proof;
    if (login === undefined) return this.refuse("unknown-name");
    this.#login = login;
    const { rules, nowMs } = this.#parts;
    const why = whyNotAdmitted(
      { ...proof, login },
      { rules, nowMs: nowMs(), mechanism: this.mechanism },
      this.peer,
    );
    if (why !== undefined) return this.refuse(why);
    // Where somebody else has vouched for the bearer, it is not known before who he is.
    const against = await this.#waitAtDoor();
    if (against !== undefined) return this.refuse(against);
    const opened = authzid === undefined ? login : await this.#actAs(login, authzid);
    if (opened === undefined) return this.refuse("authzid-not-allowed");
    if (isFault(opened)) return opened;
    proof.onOpened?.();
    this.#parts.uses.note(proof.credential);
    void resealAll(this.#parts, login);
    void this.#parts.door.opened(this.#caller);
    // Who comes without a name is known from there without one.
    if (this.#waitedAs?.login === "") void this.#parts.door.opened(this.#waitedAs);
    this.#report({ isSuccess: true, isPolicyReject: false });
    this.#record("done", opened.name);
    const { name, maildropId, view, policy } = opened;
    const entered = { login: name, maildropId, view, mechanism: this.mechanism };
    if (policy === undefined) return entered;
    const tellsApart = policy.sees !== undefined && "unfetched" in policy.sees;
    const credentialId = tellsApart ? proof.credential?.credentialId : undefined;
    return { ...entered, policy, ...(credentialId !== undefined && { credentialId }) };
  }

  /** Turns somebody away. A fault of ours is no attempt of his. */
  async refuse(why: AnyWhy): Promise<Fault> {
    if (isFault(why)) return why;
    const reason = why === "wrong-proof" ? (this.#presumed ?? why) : why;
    this.#parts.log?.info(
      { event: "login-refused-because", login: this.#typed, address: this.peer.address, reason },
      `login refused: ${reason}`,
    );
    this.#record(reason, this.#login?.name ?? this.#typed);
    this.#report({ isSuccess: false, isPolicyReject: reason === "policy-refused" });
    // Before the answer: who asks many times at once is counted as often.
    await this.#parts.door.refused(this.#caller);
    return { fault: "bad-credentials" };
  }

  get #caller(): Caller {
    return { login: this.canonical, address: this.peer.address };
  }

  /** Once: what was asked before it was known whether the proof is right is not asked again. */
  async #waitAtDoor(): Promise<Why | undefined> {
    if (this.#isAsked) return undefined;
    this.#isAsked = true;
    const { door, policyService } = this.#parts;
    const why = this.#waitedAs === undefined ? await this.approach() : undefined;
    if (why !== undefined) return why;
    const delayMs = (await policyService?.allow(this.#policyRequest)) ?? 0;
    if (delayMs === "refuse") return "policy-refused";
    if (isFault(delayMs)) return delayMs;
    if (delayMs > 0) await door.delay(delayMs);
    return undefined;
  }

  /**
   * Acting for somebody takes that he is oneself, or a local part of the host that one is. RFC 4422 §3.4.1.
   */
  async #actAs(login: Login, authzid: string): Promise<Login | undefined | Fault> {
    const { directory, names } = this.#parts;
    const target = await resolveLogin(directory, names, authzid, this.peer);
    if (target === undefined || isFault(target)) return target;
    if (target.name === login.name) return login;
    const isOfHost = isHostLogin(login) && target.maildropId === login.maildropId && !target.isDisabled;
    return isOfHost ? target : undefined;
  }

  #record(outcome: string, subject: string): void {
    const { address, listener, sessionId } = this.peer;
    const at = new Date(this.#parts.nowMs());
    const { audit, audited, events } = this.#parts;
    events?.proofJudged(this.mechanism, outcome);
    const { mechanism } = this;
    if (outcome === "done" && audited?.isNews({ subject, mechanism, address }) === false) return;
    audit?.record({
      at,
      action: "login",
      outcome,
      subject,
      mechanism,
      address,
      listener,
      sessionId,
    });
  }

  get #policyRequest(): PolicyRequest {
    const { canonical: login, peer, mechanism } = this;
    return { login, peer, mechanism, password: this.#password };
  }

  #report(outcome: { readonly isSuccess: boolean; readonly isPolicyReject: boolean }): void {
    void this.#parts.policyService?.report(this.#policyRequest, outcome);
  }
}
