import type { BulletinBoard } from "./bulletin-board.ts";
import { parseCommandLine } from "./command-line.ts";
import { nameAndMaxima } from "./commands/xtnd.ts";
import { checkAsked, type Decision, type Effect, type EndReason } from "./decision.ts";
import { type Envelope, envelopeLines } from "./envelope.ts";
import { encodeChallenge, readResponse } from "./exchange.ts";
import { asNotRemoved, type Fault, isFault, type ReasonId, replyTo } from "./fault.ts";
import { checkGreeting, greeting } from "./greeting.ts";
import { type Framed, LineFramer } from "./line-framer.ts";
import type { MessageNumber } from "./message-number.ts";
import type { PopSession } from "./pop-session.ts";
import { encodeLines, type Reply, say } from "./reply.ts";
import type { ScanListing } from "./scan-listing.ts";
import type { SessionSettings } from "./session-settings.ts";
import { ENGLISH } from "./texts/speech.ts";
import type { Authorization, Link, MailTerms, Mode, State, Transaction, Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

/** Replies are written together, but not more than this before the client has taken them. */
const outputOctetsMax = 65_536;

/** Not the client's doing, or its right to ask: these do not bring the connection nearer to its end. */
const FORGIVEN: ReadonlySet<ReasonId> = new Set([
  "no-such-message",
  "utf8-needed",
  "login-too-soon",
  "busy",
  "maildrop-in-use",
  "storage-down",
  "lease-store-down",
  "policy-service-down",
  "read-only",
]);

/**
 * One POP3 session without a socket: octets in, replies and effects out. RFC 1939.
 *
 * The driver calls `receive` with what came from the wire, then `next` until it answers `undefined`, writing
 * `takeReplies` before it carries out each effect. While an effect is under way no further command is read,
 * so answers are in the order of the commands however they were pipelined (RFC 2449 §6.6).
 */
export class Session implements PopSession {
  readonly #settings: SessionSettings;
  readonly #framer = new LineFramer();
  #state: Authorization | Transaction | { readonly state: "UPDATE" };
  #pending: Effect["do"] | undefined;
  /** The message that RETR is sending. */
  #retrieving = 0;
  /** Asked for by XTND, while the answer is awaited. */
  #boardLines: Extract<Effect, { readonly do: "survey-boards" }>["lines"] | undefined;
  #board: BulletinBoard | undefined;
  #replies = "";
  #faults = 0;
  #link: Link;
  #mode: Mode = { speech: ENGLISH, isUtf8: false };
  #apopTimestamp: string | undefined;
  /** A SASL exchange is under way: the next line is a response, and no command. RFC 5034 §4. */
  #isExchanging = false;
  #ending: EndReason | undefined;

  constructor(settings: SessionSettings) {
    checkGreeting(settings.greeting);
    this.#settings = settings;
    this.#link = settings.link;
    this.#state = this.#authorization();
  }

  get state(): State {
    return this.#state.state;
  }

  /**
   * Octets received and not yet read as commands, beyond a long line that is awaited: the driver stops
   * reading the wire when these grow.
   */
  get heldOctets(): number {
    const { heldOctets } = this.#framer;
    const { responseLineOctetsMax } = this.#settings.limits;
    return this.#isLongLineAwaited ? Math.max(0, heldOctets - responseLineOctetsMax) : heldOctets;
  }

  /**
   * Says the greeting, with a timestamp where APOP is on: `<unique@host>`, never the same twice. RFC 1939 §7.
   */
  greet(apopTimestamp?: string): void {
    this.#apopTimestamp = apopTimestamp;
    this.#state = this.#authorization();
    this.#say(greeting(this.#settings.greeting, apopTimestamp));
  }

  /** Takes octets from the wire; `octets` must not change afterwards. */
  receive(octets: Uint8Array): void {
    if (this.#pending !== "start-tls" && this.#pending !== "close") this.#framer.push(octets);
  }

  /**
   * Hands out what was received and not yet read: after the login it may belong to a security layer, and must
   * not be taken for commands. RFC 5034 §4.
   */
  takeHeld(): Uint8Array {
    return this.#framer.take();
  }

  /** Replies to write now, CRLF and all; they are handed out once. */
  takeReplies(): string {
    const replies = this.#replies;
    this.#replies = "";
    return replies;
  }

  /** Reads commands until one needs the world outside, or until more octets are needed. */
  next(): Effect | undefined {
    while (this.#pending === undefined) {
      if (this.#ending !== undefined) return this.#await({ do: "close", reason: this.#ending });
      if (this.#replies.length > outputOctetsMax) return this.#await({ do: "flush" });
      const { commandLineOctetsMax, responseLineOctetsMax } = this.#settings.limits;
      const lineOctetsMax = this.#isLongLineAwaited ? responseLineOctetsMax : commandLineOctetsMax;
      const framed = this.#framer.next(lineOctetsMax);
      if (framed === undefined) return undefined;
      const effect = this.#isExchanging ? this.#respond(framed) : this.#obey(framed);
      if (effect !== undefined) return this.#await(effect);
    }
    return undefined;
  }

  /** What an exchange asks the client next. RFC 5034 §4. */
  challenged(challenge: Uint8Array): void {
    this.#finish("start-exchange", "continue-exchange");
    this.#isExchanging = true;
    this.#replies += encodeChallenge(challenge);
  }

  /** For the earlier versions alone: here a login opens the maildrop. */
  checked(): void {
    this.#finish("check-password");
  }

  /**
   * The outcome of a login: the maildrop as it stands, or why it stays closed. The reply carries no other
   * data.
   */
  opened(outcome: ScanListing | Fault, terms?: MailTerms, lastUid = 0): void {
    this.#finish("authenticate", "verify-apop", "verify-rpop", "start-exchange", "continue-exchange");
    this.#isExchanging = false;
    if (isFault(outcome)) {
      this.#refuse(outcome);
      return;
    }
    this.#faults = 0;
    this.#show(outcome);
    const atStart = lastUid === 0 ? 0 : outcome.numberUpTo(lastUid);
    this.#state = {
      state: "TRANSACTION",
      link: this.#link,
      mode: this.#mode,
      listing: outcome,
      last: { number: atStart, atStart },
      isBoard: false,
      terms,
    };
    const { messages, octets } = outcome.dropListing;
    this.#say(say("maildrop-open", messages, octets));
  }

  /** The outcome of `find-envelope`. */
  enveloped(number: MessageNumber, outcome: Envelope | Fault): void {
    this.#finish("find-envelope");
    if (isFault(outcome)) this.#refuse(outcome);
    else if (this.#state.state === "TRANSACTION") {
      this.#say({ key: "envelope-follows" });
      this.#replies += encodeLines(
        envelopeLines(this.#state.listing.uniqueIdOf(number), outcome, this.#mode.isUtf8),
      );
    }
  }

  /** What was to be sent has been handed to the connection, or what was to be forgotten is. */
  resume(): void {
    this.#finish("send-message", "send-slices", "flush", "cancel-exchange");
    if (this.#retrieving !== 0) this.#retrieved();
  }

  /** `send-message` came to nothing, and nothing of it was sent. */
  refuse(fault: Fault): void {
    this.#finish("send-message");
    this.#retrieving = 0;
    this.#refuse(fault);
  }

  /**
   * How far the numbers of the boards go, in the order in which it was asked; `undefined` for those that this
   * login may not read. RFC 1082.
   */
  surveyed(maxima: readonly (number | undefined)[] | Fault): void {
    this.#finish("survey-boards");
    const lines = isFault(maxima) ? maxima : (this.#boardLines?.(maxima) ?? []);
    if (isFault(lines)) this.#refuse(lines);
    else this.#sayBoards(lines);
  }

  /**
   * What `open-board` came to: the board as it stands, or a fault.
   *
   * @param isLeft the maildrop from before has been given back: with a fault, nothing is open any more.
   */
  switched(outcome: ScanListing | Fault, isLeft: boolean): void {
    this.#finish("open-board");
    if (isFault(outcome)) {
      this.#refuse(isLeft ? asNotRemoved(outcome) : outcome);
      if (isLeft) this.#end("refused");
    } else if (this.#state.state === "TRANSACTION" && this.#board !== undefined) {
      this.#show(outcome);
      this.#state = { ...this.#state, listing: outcome, last: { number: 0, atStart: 0 }, isBoard: true };
      this.#sayBoards([nameAndMaxima(this.#board, outcome.highestUid)]);
    }
  }

  /**
   * The TLS handshake is over. Everything that came in clear is forgotten: lines not yet read, half a line,
   * the name from USER, the language. RFC 2595 §4.
   */
  tlsStarted(): void {
    this.#finish("start-tls");
    this.#link = { ...this.#link, isTlsActive: true };
    this.#mode = { speech: ENGLISH, isUtf8: false };
    this.#state = this.#authorization();
  }

  /** The outcome of `update`: only now does the client learn what became of its deletions. RFC 1939 §6. */
  updated(fault: Fault | undefined): void {
    this.#finish("update");
    if (fault === undefined) this.#say({ key: "bye" });
    else this.#refuse(asNotRemoved(fault));
    this.#end("quit");
  }

  /**
   * Ends the session from outside, with a word to the client: when the server stops, or has no room.
   *
   * An effect under way has failed: its outcome will not come, and the fault is the answer to its command.
   * Not for a message that is partly sent, nor for a handshake: there the driver can only cut the connection.
   * Where the session is ending already, this changes nothing.
   */
  dismiss(fault: Fault): void {
    if (this.#ending !== undefined || this.#pending === "close") return;
    this.#settings.observer.refused(fault);
    this.#say(replyTo(fault));
    this.#pending = undefined;
    this.#end("dismissed");
  }

  /**
   * A response in an exchange; or one that stands on the line of AUTH: clients send tokens there that RFC
   * 5034 §4 would have them send after it.
   */
  get #isLongLineAwaited(): boolean {
    return this.#isExchanging || (this.#state.state === "AUTHORIZATION" && this.#framer.beginsWith("AUTH"));
  }

  #show(listing: ScanListing): void {
    if (this.#link.areSurrogatesShown === true && !this.#mode.isUtf8) listing.showSurrogates();
  }

  #authorization(): Authorization {
    return {
      state: "AUTHORIZATION",
      link: this.#link,
      mode: this.#mode,
      apopTimestamp: this.#apopTimestamp,
      name: undefined,
    };
  }

  #respond(line: Framed): Effect {
    this.#settings.observer.commanded("AUTH");
    const response = readResponse(line);
    if (!isFault(response)) return response;
    this.#isExchanging = false;
    this.#refuse(response);
    return { do: "cancel-exchange" };
  }

  #obey(line: Framed): Effect | undefined {
    if (line === "overlong") {
      this.#settings.observer.commanded("unknown");
      return this.#carryOut({ fault: "line-too-long" });
    }
    const { keyword, argument } = parseCommandLine(line);
    const verb = VERBS.get(keyword);
    this.#settings.observer.commanded(verb === undefined ? "unknown" : keyword);
    return this.#carryOut(
      verb === undefined ? { fault: "unknown-command" } : this.#decide(keyword, verb, argument),
    );
  }

  #decide(keyword: string, verb: Verb, argument: Uint8Array | undefined): Decision {
    const session = this.#state;
    const wrongState: Fault = { fault: "wrong-state", verb: keyword };
    switch (session.state) {
      case "AUTHORIZATION":
        return verb.AUTHORIZATION?.(session, argument) ?? wrongState;
      case "TRANSACTION":
        return verb.TRANSACTION?.(session, argument) ?? wrongState;
      case "UPDATE":
        return wrongState;
    }
  }

  #carryOut(decision: Decision): Effect | undefined {
    if (isFault(decision)) {
      this.#refuse(decision);
      return undefined;
    }
    if (this.#state.state === "TRANSACTION") this.#faults = 0;
    if (decision.reply !== undefined) this.#say(decision.reply);
    if (decision.lines !== undefined) this.#replies += encodeLines(decision.lines);
    return decision.effect;
  }

  #await(effect: Effect): Effect {
    this.#pending = effect.do;
    if (effect.do === "start-tls" || effect.do === "close") this.#framer.discard();
    else if (effect.do === "update") this.#state = { state: "UPDATE" };
    else if (effect.do === "send-message" && effect.bodyLines === undefined) this.#retrieving = effect.number;
    else if (effect.do === "survey-boards") this.#boardLines = effect.lines;
    else if (effect.do === "open-board") this.#board = effect.board;
    return effect;
  }

  #finish(...expected: readonly Effect["do"][]): void {
    checkAsked(this.#pending, expected);
    this.#pending = undefined;
  }

  /** RFC 1460 §5: it counts once it has been handed over. */
  #retrieved(): void {
    const session = this.#state;
    if (session.state === "TRANSACTION" && this.#retrieving > session.last.number) {
      session.last.number = this.#retrieving;
    }
    this.#retrieving = 0;
  }

  #sayBoards(lines: readonly string[]): void {
    this.#say({ key: "boards-follow" });
    this.#replies += encodeLines(lines);
  }

  #refuse(fault: Fault): void {
    this.#settings.observer.refused(fault);
    const reply = replyTo(fault);
    if (!FORGIVEN.has(fault.fault)) this.#faults += 1;
    if (this.#faults < this.#settings.limits.faultsMax) {
      this.#say(reply);
      return;
    }
    this.#replies += this.#mode.speech.lastLine(reply);
    this.#end("too-many-faults");
  }

  #end(reason: EndReason): void {
    this.#ending ??= reason;
    this.#framer.discard();
  }

  #say(reply: Reply): void {
    this.#replies += this.#mode.speech.line(reply);
  }
}
