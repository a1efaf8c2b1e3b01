import { type CommandLine, parseCommandLine } from "../command-line.ts";
import { checkAsked, type Effect, type EndReason } from "../decision.ts";
import { asNotRemoved, type Fault, isFault } from "../fault.ts";
import { type Framed, LineFramer } from "../line-framer.ts";
import type { PopSession } from "../pop-session.ts";
import { withinLine } from "../reply.ts";
import type { ScanListing } from "../scan-listing.ts";
import type { SessionSettings } from "../session-settings.ts";
import type { Link, State } from "../verb.ts";
import type { Dialect, Turn } from "./dialect.ts";

/** RFC 937, Sizes: the longest command line, its CRLF included. RFC 918 has no limit. */
const commandLineOctetsMax = 512;

/** A session of a version of the protocol before the third, driven as `Session` is. */
export class EarlierSession<S> implements PopSession {
  readonly #settings: SessionSettings;
  readonly #dialect: Dialect<S>;
  readonly #framer = new LineFramer();
  #state: S;
  #link: Link;
  #pending: Effect["do"] | undefined;
  #wanted: Effect | undefined;
  #replies = "";
  #faults = 0;
  #ending: EndReason | undefined;

  constructor(settings: SessionSettings, dialect: Dialect<S>) {
    this.#settings = settings;
    this.#dialect = dialect;
    this.#state = dialect.initial;
    this.#link = settings.link;
  }

  get state(): State {
    return this.#pending === "update" ? "UPDATE" : this.#dialect.stateOf(this.#state);
  }

  get heldOctets(): number {
    return this.#framer.heldOctets;
  }

  greet(): void {
    this.#say(this.#dialect.greeting(this.#settings.greeting));
  }

  receive(octets: Uint8Array): void {
    if (this.#pending !== "close") this.#framer.push(octets);
  }

  takeHeld(): Uint8Array {
    return this.#framer.take();
  }

  takeReplies(): string {
    const replies = this.#replies;
    this.#replies = "";
    return replies;
  }

  next(): Effect | undefined {
    while (this.#pending === undefined) {
      const wanted = this.#wanted;
      this.#wanted = undefined;
      if (wanted !== undefined) return this.#await(wanted);
      if (this.#ending !== undefined) return this.#await({ do: "close", reason: this.#ending });
      const framed = this.#framer.next(commandLineOctetsMax);
      if (framed === undefined) return undefined;
      this.#take(this.#obey(framed));
    }
    return undefined;
  }

  checked(fault: Fault | undefined): void {
    this.#finish("check-password");
    this.#take(this.#dialect.checked(this.#state, fault));
  }

  opened(outcome: ScanListing | Fault): void {
    this.#finish("authenticate", "open");
    if (!isFault(outcome) && this.#link.areSurrogatesShown === true) outcome.showSurrogates();
    this.#take(this.#dialect.opened(this.#state, outcome));
  }

  resume(): void {
    this.#finish("send-message");
    this.#take(this.#dialect.sent(this.#state));
  }

  /** The client knows how many octets will come: words in their place would be taken for mail. */
  refuse(fault: Fault): void {
    this.#finish("send-message");
    this.#take({ state: this.#state, fault, end: "silently" });
  }

  updated(fault: Fault | undefined): void {
    this.#finish("update");
    this.#take(this.#dialect.updated(this.#state, fault && asNotRemoved(fault)));
  }

  dismiss(fault: Fault): void {
    if (this.#ending !== undefined || this.#pending === "close") return;
    this.#pending = undefined;
    this.#wanted = undefined;
    this.#settings.observer.refused(fault);
    this.#say(this.#dialect.refusal(fault));
    this.#end("dismissed");
  }

  challenged(): never {
    throw NEVER_ASKED;
  }

  enveloped(): never {
    throw NEVER_ASKED;
  }

  tlsStarted(): never {
    throw NEVER_ASKED;
  }

  surveyed(): never {
    throw NEVER_ASKED;
  }

  switched(): never {
    throw NEVER_ASKED;
  }

  #obey(line: Framed): Turn<S> {
    const command = line === "overlong" ? undefined : parseCommandLine(line);
    this.#settings.observer.commanded(this.#verbOf(command));
    return command === undefined
      ? this.#dialect.refuse(this.#state, { fault: "line-too-long" })
      : this.#dialect.obey(this.#state, command, this.#link);
  }

  #verbOf(command: CommandLine | undefined): string {
    return command !== undefined && this.#dialect.keywords.has(command.keyword) ? command.keyword : "unknown";
  }

  #take({ state, reply, fault, effect, end }: Turn<S>): void {
    this.#state = state;
    this.#wanted = effect;
    if (reply !== undefined) this.#say(reply);
    if (fault !== undefined) this.#refuse(fault, end);
    if (end !== undefined) this.#end(fault === undefined ? "quit" : "refused");
  }

  #refuse(fault: Fault, end: Turn<S>["end"]): void {
    this.#settings.observer.refused(fault);
    if (end !== "silently") this.#say(this.#dialect.refusal(fault));
    this.#faults += 1;
    if (this.#faults >= this.#settings.limits.faultsMax) this.#end("too-many-faults");
  }

  #await(effect: Effect): Effect {
    this.#pending = effect.do;
    if (effect.do === "close") this.#framer.discard();
    return effect;
  }

  #finish(...expected: readonly Effect["do"][]): void {
    checkAsked(this.#pending, expected);
    this.#pending = undefined;
  }

  #end(reason: EndReason): void {
    this.#ending ??= reason;
    this.#framer.discard();
  }

  #say(line: string): void {
    this.#replies += `${withinLine(line)}\r\n`;
  }
}

const NEVER_ASKED = new Error("session: no earlier version asks for that");
