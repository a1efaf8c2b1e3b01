import type { Authenticated, OwnedMaildrop, Peer, SaslChallenge, SaslExchange } from "@poplar/maildrop";
import { type Effect, type Fault, isFault } from "@poplar/protocol";
import { openWhenFree } from "./open-when-free.ts";
import type { PopService } from "./pop-service.ts";
import type { SessionRecord } from "./session-record.ts";

/** The ways in which a session asks who its client is. */
export type Proof = Extract<
  Effect,
  { readonly do: "authenticate" | "verify-apop" | "verify-rpop" | "start-exchange" | "continue-exchange" }
>;

const UNAVAILABLE: Fault = { fault: "mechanism-unavailable" };

/** An open maildrop, and whose. */
export interface LoggedIn {
  readonly authenticated: Authenticated;
  readonly owned: OwnedMaildrop;
  /** Up to which messages were retrieved in sessions before this one; 0 where nobody asks. RFC 1460 §5. */
  readonly lastUid: number;
}

/** Who somebody said he was, and how he wanted to show it. */
interface Claim {
  /** As it was typed; empty where it is not known. */
  readonly name: string;
  /** One that exists: it becomes part of a metric. */
  readonly mechanism: string;
}

/**
 * Logs one client in: by password, APOP, or one SASL exchange at a time. Frees the exchange however it ends,
 * and reports what does not open the door.
 */
export class Authentication {
  readonly #service: PopService;
  readonly #record: SessionRecord;
  readonly #isGone: () => boolean;
  /** Between two messages of the client. While it works on one, nobody may take it away under its hands. */
  #exchange: SaslExchange | undefined;
  #claim: Claim | undefined;
  /** Who has been let in, and may open his maildrop again. */
  #authenticated: Authenticated | undefined;

  /** @param isGone true once nobody waits for the answer any more. */
  constructor(service: PopService, record: SessionRecord, isGone: () => boolean) {
    this.#service = service;
    this.#record = record;
    this.#isGone = isGone;
  }

  /**
   * Checks what the client has sent, and opens the maildrop if that is all. RFC 1939 §4: the lease is there
   * before the answer.
   *
   * @returns what to ask the client next; or the maildrop; `undefined` when the client left before there was
   * one.
   */
  async logIn(proof: Proof, peer: Peer): Promise<SaslChallenge | LoggedIn | Fault | undefined> {
    if (proof.do !== "continue-exchange") this.#record.entrance.begin();
    const verdict = await this.#verdictOn(proof, peer);
    if (isFault(verdict)) return this.#refused(verdict);
    if (isChallenge(verdict)) return verdict;
    const why = await this.#whyNot(verdict);
    if (why !== undefined) {
      verdict.securityLayer?.close();
      return this.#refused(why, verdict.login);
    }
    this.#authenticated = verdict;
    const opened = await this.open();
    // RFC 2449 §6.5: the delay counts from a login that succeeded. Nobody waits for what concerns the next
    // one.
    if ((opened === undefined || isFault(opened)) && delaySecondsOf(verdict) > 0) {
      void this.#service.ports.pacer?.giveBack(verdict.login);
    }
    return opened;
  }

  /** Checks a password, and opens nothing. */
  async check(name: string, password: Uint8Array, peer: Peer): Promise<Fault | undefined> {
    this.#record.entrance.begin();
    const verdict = await this.#verdictOn({ do: "authenticate", name, password }, peer);
    if (isFault(verdict)) return this.#refused(verdict);
    if (isChallenge(verdict)) throw new Error("a password was answered with a challenge");
    const why = await this.#whyNot(verdict);
    if (why !== undefined) return this.#refused(why, verdict.login);
    this.#authenticated = verdict;
    return undefined;
  }

  /**
   * Opens the maildrop of the client that has been let in; `undefined` when the client left before it was
   * open.
   */
  async open(): Promise<LoggedIn | Fault | undefined> {
    const verdict = this.#authenticated;
    if (verdict === undefined) throw new Error("a maildrop was asked for, and nobody has been let in");
    const owned = await openWhenFree(this.#service.ports, verdict, {
      sessionId: this.#record.sessionId,
      address: this.#record.address,
      leaseWaitMsMax: this.#service.limits.leaseWaitMsMax,
      isGone: this.#isGone,
    });
    if (owned === undefined || isFault(owned)) return this.#keptOut(verdict, owned);
    const { marks } = this.#service.ports;
    const lastUid = marks === undefined ? 0 : await marks.read(verdict.login);
    if (!isFault(lastUid)) return { authenticated: verdict, owned, lastUid };
    await owned.leave();
    return this.#keptOut(verdict, lastUid);
  }

  /** Gives an exchange up, if there is one. Safe to call twice. */
  abandon(): void {
    this.#exchange?.close?.();
    this.#exchange = undefined;
    this.#record.entrance.fail();
  }

  #keptOut({ securityLayer, login }: Authenticated, fault: Fault | undefined): Fault | undefined {
    securityLayer?.close();
    return fault && this.#refused(fault, login);
  }

  /** Why somebody who has proved who he is does not come in: others learn nothing from it. */
  async #whyNot(verdict: Authenticated): Promise<Fault | undefined> {
    const { entrance, isMeantAs } = this.#record;
    if (!entrance.admit(verdict.login, isMeantAs)) return { fault: "lease-lost" };
    return (await this.#isInTime(verdict)) ? undefined : { fault: "login-too-soon" };
  }

  /** RFC 2449 §8.1.1. */
  async #isInTime(verdict: Authenticated): Promise<boolean> {
    const seconds = delaySecondsOf(verdict);
    const { pacer } = this.#service.ports;
    return seconds === 0 || pacer === undefined || pacer.take(verdict.login, seconds);
  }

  async #verdictOn(proof: Proof, peer: Peer): Promise<SaslChallenge | Authenticated | Fault> {
    const { authenticator } = this.#service.ports;
    switch (proof.do) {
      case "authenticate":
        this.#claim = { name: proof.name, mechanism: "USER" };
        return authenticator.verifyPassword(proof.name, proof.password, peer);
      case "verify-apop":
        this.#claim = { name: proof.name, mechanism: "APOP" };
        return authenticator.verifyApop(proof.name, proof.digest, proof.timestamp, peer);
      case "verify-rpop":
        this.#claim = { name: proof.name, mechanism: "RPOP" };
        return authenticator.rpop?.verify(proof.name, proof.clientUser, peer) ?? UNAVAILABLE;
      case "start-exchange": {
        this.#claim = undefined;
        const exchange = authenticator.beginExchange(proof.mechanism, peer);
        if (exchange === undefined) return UNAVAILABLE;
        this.#claim = { name: "", mechanism: proof.mechanism };
        return this.#advance(exchange, proof.response);
      }
      case "continue-exchange":
        if (this.#exchange === undefined) throw new Error("a response came, and no exchange is under way");
        return this.#advance(this.#exchange, proof.response);
    }
  }

  async #advance(
    exchange: SaslExchange,
    response: Uint8Array | undefined,
  ): Promise<SaslChallenge | Authenticated | Fault> {
    this.#exchange = undefined;
    try {
      const verdict = await exchange.next(response);
      if (isChallenge(verdict) && !this.#isGone()) this.#exchange = exchange;
      return verdict;
    } finally {
      this.#claim = this.#claim && { ...this.#claim, name: exchange.name ?? "" };
      if (this.#exchange === undefined) exchange.close?.();
    }
  }

  #refused(fault: Fault, login?: string): Fault {
    const { sessionId, listener, address } = this.#record;
    const claim = this.#claim;
    this.#record.entrance.fail();
    if (claim !== undefined) {
      this.#service.events.loginRefused({
        sessionId,
        listener,
        address,
        login: login ?? claim.name,
        mechanism: claim.mechanism,
        reason: fault.fault,
      });
    }
    return fault;
  }
}

const delaySecondsOf = ({ policy }: Authenticated): number => policy?.loginDelaySeconds ?? 0;

const isChallenge = (verdict: SaslChallenge | Authenticated | Fault): verdict is SaslChallenge =>
  "challenge" in verdict;
