import type { OpenMaildrop, Peer, SecurityLayer } from "@poplar/maildrop";
import {
  type BulletinBoard,
  createSession,
  type Effect,
  type Fault,
  isFault,
  type Leaving,
  type Link,
  type PopSession,
  type PopVersion,
  type SessionObserver,
  type State,
} from "@poplar/protocol";
import { Authentication, type LoggedIn, type Proof } from "./authentication.ts";
import { HeldMaildrop } from "./held-maildrop.ts";
import { termsOf } from "./mail-terms.ts";
import { type AnsweringDriver, MessageSending } from "./message-sending.ts";
import type { Output } from "./output.ts";
import type { PopService } from "./pop-service.ts";
import type { SessionRecord } from "./session-record.ts";

type OpenBoard = Extract<Effect, { readonly do: "open-board" }>;

/** Work that goes on; `undefined` when it is done already. */
type UnderWay = Promise<void> | undefined;

/** The connection, as its session's driver knows it. */
export interface DrivenConnection {
  /** False when commands are no longer read, or nobody hears the answers. */
  readonly isOpen: boolean;
  readonly peer: Peer;
  /** Everything received is answered. `nowMs` when there was a command in it. */
  idle(nowMs: number | undefined): void;
  /** The reply to STLS is written: begin the handshake, then `tlsStarted`. */
  startTls(): void;
  /** Its client has proved who it is. */
  loggedIn(): void;
  /** Puts a layer on what is sent and received from now on; `early` is here already. RFC 5034 §4. */
  protect(layer: SecurityLayer, early: Uint8Array): void;
  /** The last reply is written: close. */
  finish(reason: string): void;
  /** Close at once. */
  destroy(reason: string): void;
  /** Something that was under way has come to its end. */
  settled(): void;
}

/**
 * Does what a session asks for: opens, sends, removes. Commands whose answers need no waiting are carried out
 * in one go and cost no promise.
 *
 * Messages are removed only where the session asks for `update`, which only QUIT makes it do (RFC 1939 §6),
 * and XTND as it leaves for a board (RFC 1082), and in the earlier versions FOLD and RCVD; the maildrop is
 * given back on every way out.
 */
export class SessionDriver implements SessionObserver, AnsweringDriver {
  readonly #service: PopService;
  readonly #connection: DrivenConnection;
  readonly #output: Output;
  readonly #record: SessionRecord;
  readonly #session: PopSession;
  readonly #authentication: Authentication;
  readonly #sending: MessageSending;
  readonly #held: HeldMaildrop;
  #isBusy = false;
  /** Why it was ended from outside; what effects come to is told to nobody then. */
  #dismissedFor: string | undefined;
  #unfinished = 0;
  #verb = "none";
  #isTiming = false;
  #commandedMs = 0;

  constructor(
    service: PopService,
    connection: DrivenConnection,
    way: {
      readonly version: PopVersion;
      readonly link: Link;
      readonly output: Output;
      readonly record: SessionRecord;
    },
  ) {
    this.#service = service;
    this.#connection = connection;
    this.#output = way.output;
    this.#record = way.record;
    this.#session = createSession(way.version, {
      greeting: service.greetings[way.version],
      link: way.link,
      limits: service.limits,
      observer: this,
    });
    this.#authentication = new Authentication(service, way.record, () => !this.isLive);
    const { output, record } = way;
    this.#held = new HeldMaildrop(service.ports, record);
    this.#sending = new MessageSending(this, { service, session: this.#session, output, record });
  }

  /** An effect is under way: no further command is read. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** A word said now would be taken for part of a message or a listing. */
  get isMidAnswer(): boolean {
    return this.#sending.isMidAnswer;
  }

  get state(): State {
    return this.#session.state;
  }

  /** Nothing is under way any more, and the maildrop is given back. */
  get isSettled(): boolean {
    return this.#unfinished === 0 && !this.#held.isHeld;
  }

  get heldOctets(): number {
    return this.#session.heldOctets;
  }

  /** @param early what the client has said without waiting for the greeting. */
  greet(early?: Uint8Array): void {
    this.#session.greet(this.#service.ports.authenticator.apopTimestamp(this.#connection.peer));
    if (early !== undefined) this.#session.receive(early);
    this.drive();
  }

  tlsStarted(): void {
    this.#session.tlsStarted();
    this.#isBusy = false;
    this.drive();
  }

  receive(octets: Uint8Array): void {
    this.#session.receive(octets);
    if (!this.#isBusy) this.drive();
  }

  /** Ends the session with a word to the client. Not while an answer is half sent. */
  dismiss(fault: Fault, reason: string = fault.fault): void {
    this.#dismissedFor = reason;
    this.#session.dismiss(fault);
    this.#isBusy = false;
    this.drive();
  }

  /** Gives up an exchange, and the maildrop back, if there is one. */
  leave(): void {
    this.#authentication.abandon();
    this.#await(this.#held.leave());
  }

  /** Reads commands and carries them out until something has to be waited for. */
  drive(): void {
    try {
      while (this.#connection.isOpen && !this.#isBusy) {
        const effect = this.#session.next();
        this.#output.write(this.#session.takeReplies());
        this.#await((effect && this.#carryOut(effect)) ?? this.#output.breathe());
        if (effect === undefined && !this.#isBusy) {
          this.#connection.idle(this.#commandDone());
          break;
        }
      }
    } catch (bug) {
      this.#fail(bug);
    }
    this.#output.flush();
  }

  commanded(verb: string): void {
    this.#commandedMs = this.#commandDone() ?? this.#service.clock.now();
    this.#isTiming = true;
    this.#verb = verb;
    this.#record.commands += 1;
  }

  refused(fault: Fault): void {
    this.#record.lastRefusal = fault.fault;
    this.#service.events.commandRefused({
      sessionId: this.#record.sessionId,
      verb: this.#verb,
      reason: fault.fault,
      ...("cause" in fault && { cause: fault.cause }),
    });
  }

  get isLive(): boolean {
    return this.#connection.isOpen && this.#dismissedFor === undefined;
  }

  get maildrop(): OpenMaildrop {
    return this.#held.maildrop;
  }

  breakOff(fault: Fault): void {
    this.refused(fault);
    this.#connection.destroy(fault.fault);
  }

  /** @returns the time, if there was a command. */
  #commandDone(): number | undefined {
    if (!this.#isTiming) return undefined;
    this.#isTiming = false;
    const nowMs = this.#service.clock.now();
    this.#service.events.commandDone(this.#verb, (nowMs - this.#commandedMs) / 1000, this.#record.sessionId);
    return nowMs;
  }

  #await(work: UnderWay): void {
    if (work === undefined) return;
    this.#isBusy = true;
    this.#unfinished += 1;
    work.then(
      () => this.#finished(),
      (bug: unknown) => {
        this.#fail(bug);
        this.#finished();
      },
    );
  }

  #finished(): void {
    this.#unfinished -= 1;
    if (this.isLive) {
      this.#isBusy = false;
      this.drive();
    }
    this.#connection.settled();
  }

  /** A bug ends this session and no other. */
  #fail(bug: unknown): void {
    const fault: Fault = { fault: "internal", cause: bug };
    if (this.isLive && !this.isMidAnswer) {
      this.dismiss(fault);
    } else {
      this.breakOff(fault);
    }
  }

  #carryOut(effect: Effect): UnderWay {
    switch (effect.do) {
      case "authenticate":
      case "verify-apop":
      case "verify-rpop":
      case "start-exchange":
      case "continue-exchange":
        return this.#logIn(effect);
      case "check-password":
        return this.#check(effect.name, effect.password);
      case "open":
        return this.#openAgain();
      case "cancel-exchange":
        this.#authentication.abandon();
        return this.#resume();
      case "find-envelope":
        return this.#sending.findEnvelope(effect.number);
      case "send-message":
        return this.#sending.sendMessage(effect);
      case "send-slices":
        return this.#sending.sendSlices(effect.slices);
      case "flush":
        return this.#output.rest().then(() => this.#resume());
      case "start-tls":
        this.#isBusy = true;
        this.#output.flush();
        this.#connection.startTls();
        return undefined;
      case "update":
        return this.#update(effect);
      case "survey-boards":
        return this.#survey(effect.boards);
      case "open-board":
        return this.#openBoard(effect);
      case "close":
        this.#commandDone();
        this.#output.flush();
        this.#connection.finish(this.#dismissedFor ?? effect.reason);
        return undefined;
    }
  }

  #resume(): undefined {
    if (this.isLive) this.#session.resume();
  }

  async #logIn(proof: Proof): Promise<void> {
    const outcome = await this.#authentication.logIn(proof, this.#connection.peer);
    if (outcome === undefined) return;
    if ("owned" in outcome) await this.#open(outcome);
    else if (!this.isLive) return;
    else if (isFault(outcome)) this.#session.opened(outcome);
    else this.#session.challenged(outcome.challenge);
  }

  async #open({ owned, authenticated, lastUid }: LoggedIn): Promise<void> {
    const { login, mechanism, policy, securityLayer } = authenticated;
    if (!this.isLive) {
      securityLayer?.close();
      return owned.leave();
    }
    this.#held.hold(owned);
    this.#connection.loggedIn();
    // The earlier versions open again what one login has opened.
    if (this.#record.login === undefined) this.#service.events.loginAccepted(mechanism);
    this.#record.login = login;
    this.#record.mechanism = mechanism;
    this.#record.listing = owned.maildrop.listing;
    this.#session.opened(owned.maildrop.listing, termsOf(this.#service, policy), lastUid);
    if (securityLayer === undefined) return;
    this.#output.write(this.#session.takeReplies());
    this.#connection.protect(securityLayer, this.#session.takeHeld());
  }

  async #check(name: string, password: Uint8Array): Promise<void> {
    const fault = await this.#authentication.check(name, password, this.#connection.peer);
    if (fault === undefined) this.#connection.loggedIn();
    if (this.isLive) this.#session.checked(fault);
  }

  async #openAgain(): Promise<void> {
    const outcome = await this.#authentication.open();
    if (outcome === undefined) return;
    if ("owned" in outcome) await this.#open(outcome);
    else if (this.isLive) this.#session.opened(outcome);
  }

  async #update(leaving: Leaving): Promise<void> {
    const fault = await this.#held.update(leaving);
    if (this.isLive) this.#session.updated(fault);
  }

  async #survey(boards: readonly BulletinBoard[]): Promise<void> {
    const maxima = await this.#held.survey(boards);
    if (this.isLive) this.#session.surveyed(maxima);
  }

  async #openBoard(effect: OpenBoard): Promise<void> {
    const switched = await this.#held.switchTo(effect, () => !this.isLive);
    if (switched === undefined || !this.isLive) return;
    const { outcome, isLeft } = switched;
    this.#session.switched(isFault(outcome) ? outcome : outcome.listing, isLeft);
  }
}
