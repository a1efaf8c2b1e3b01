import type { Effect, SessionLimits } from "@poplar/protocol";
import {
  createSession,
  type Fault,
  isFault,
  type Leaving,
  type MailTerms,
  type PopSession,
  ScanListing,
  SurrogateMaker,
  TERMINATION,
  TopCut,
  Unstuffer,
  WireEncoder,
} from "@poplar/protocol";
import { hasUtf8Header, measureSurrogate } from "../measure-surrogate.ts";
import {
  boardOf,
  envelopeOf,
  type FailingEffect,
  type Failure,
  type Fixture,
  type FixtureBoard,
  LOGIN,
  RPOP_USER,
} from "./fixture.ts";
import {
  beginScriptedExchange,
  isScriptedApop,
  type ScriptedExchange,
  type ScriptedStep,
} from "./scripted-exchange.ts";
import type { Peer, Stage, Venue } from "./venue.ts";

/**
 * Limits of the sessions of these venues: the line of RFC 2449 §4, and as many refused commands as a dialogue
 * has.
 */
const LIMITS: SessionLimits = {
  commandLineOctetsMax: 255,
  responseLineOctetsMax: 65_536,
  faultsMax: 1_000,
};

const NO_TERMS: MailTerms = { retentionDays: undefined, loginDelaySeconds: 0 };

/** Protocol sessions without a socket. */
export const PURE: Venue = sessionVenue({
  name: "pure",
  isTls: false,
  octetsAtOnce: Number.POSITIVE_INFINITY,
});

/** The same, fed one octet at a time: where TCP cuts the stream must not matter. */
export const PURE_CUT: Venue = sessionVenue({
  name: "pure, cut at every octet",
  isTls: false,
  octetsAtOnce: 1,
});

/** Protocol sessions that are told that TLS is active. */
export const PURE_TLS: Venue = sessionVenue({
  name: "pure, as over TLS",
  isTls: true,
  octetsAtOnce: Number.POSITIVE_INFINITY,
});

function sessionVenue(options: { name: string; isTls: boolean; octetsAtOnce: number }): Venue {
  const { name, isTls, octetsAtOnce } = options;
  return {
    name,
    isTls,
    canFail: true,
    setUp: async (fixture) => new SessionStage(fixture, isTls, octetsAtOnce),
  };
}

interface StoredMessage {
  readonly uid: number;
  readonly octets: number;
  readonly wire: readonly Uint8Array[];
  readonly isInternationalised: boolean;
  readonly surrogateOctets: number;
}

/** The maildrop of a fixture, and who has it open. */
class SessionStage implements Stage {
  readonly fixture: Fixture;
  readonly #isTls: boolean;
  readonly #octetsAtOnce: number;
  readonly #failures: Failure[];
  #messages: readonly StoredMessage[];
  #openedBy: SessionPeer | undefined;
  /** Up to which messages have been retrieved in sessions that ended with QUIT. */
  lastUid = 0;

  constructor(fixture: Fixture, isTls: boolean, octetsAtOnce: number) {
    this.fixture = fixture;
    this.#isTls = isTls;
    this.#octetsAtOnce = octetsAtOnce;
    this.#failures = [...fixture.failures];
    this.#messages = fixture.messages.map((message, index) => stored(message, index + 1));
  }

  async connect(): Promise<Peer> {
    const session = createSession(this.fixture.version, {
      greeting: "ready",
      link: {
        isTlsActive: this.#isTls,
        isTlsOffered: this.fixture.isTlsOffered,
        isPlaintextLoginAllowed: this.fixture.isPlaintextLoginAllowed,
        implementation: "Poplar",
        isSdpsOffered: this.fixture.isSdpsOffered,
        areSurrogatesShown: this.fixture.areSurrogatesShown,
        isLastOffered: this.fixture.isLastOffered,
        rpop: this.fixture.rpop,
        boards: this.fixture.boards?.map(boardOf),
        mechanisms: () => this.fixture.mechanisms,
        terms: this.fixture.terms && (() => this.fixture.terms?.all ?? NO_TERMS),
      },
      limits: LIMITS,
      observer: { commanded: () => {}, refused: () => {} },
    });
    return new SessionPeer(session, this, this.#octetsAtOnce);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#openedBy = undefined;
  }

  /** The fault that the fixture wants here, once. */
  failureOf(effect: FailingEffect): Fault | undefined {
    if (this.#failures[0]?.effect !== effect) return undefined;
    return this.#failures.shift()?.fault;
  }

  open(peer: SessionPeer): readonly StoredMessage[] | Fault {
    if (this.#openedBy !== undefined) return { fault: "maildrop-in-use" };
    this.#openedBy = peer;
    return this.#messages;
  }

  board(name: string): FixtureBoard | undefined {
    return this.fixture.boards?.find((board) => board.name === name);
  }

  remove(removed: readonly StoredMessage[]): void {
    this.#messages = this.#messages.filter((message) => !removed.includes(message));
  }

  leave(peer: SessionPeer): void {
    if (this.#openedBy === peer) this.#openedBy = undefined;
  }
}

function stored(message: Uint8Array, uid: number): StoredMessage {
  const encoder = new WireEncoder();
  const wire = [...encoder.encode(message), ...encoder.finish()];
  return {
    uid,
    octets: encoder.octets,
    wire,
    isInternationalised: hasUtf8Header(wire),
    surrogateOctets: measureSurrogate(wire),
  };
}

function surrogateOf(wire: readonly Uint8Array[]): readonly Uint8Array[] {
  const maker = new SurrogateMaker();
  return [...wire.flatMap((slice) => maker.take(slice)), ...maker.finish()];
}

/** Drives one session as `server` does, with everything answered at once. */
class SessionPeer implements Peer {
  readonly #session: PopSession;
  readonly #stage: SessionStage;
  readonly #octetsAtOnce: number;
  readonly #sent: Uint8Array[] = [];
  #opened: readonly StoredMessage[] = [];
  #listing: ScanListing | undefined;
  #isClosed = false;
  #isTlsAwaited = false;
  #exchange: ScriptedExchange | undefined;

  constructor(session: PopSession, stage: SessionStage, octetsAtOnce: number) {
    this.#session = session;
    this.#stage = stage;
    this.#octetsAtOnce = octetsAtOnce;
    session.greet(stage.fixture.apopTimestamp);
    this.#drive();
  }

  async send(octets: Uint8Array): Promise<void> {
    const step = Math.min(this.#octetsAtOnce, octets.length);
    for (let at = 0; at < octets.length && !this.#isClosed; at += step) {
      this.#session.receive(octets.subarray(at, at + step));
      this.#drive();
    }
  }

  async receive(): Promise<Uint8Array | undefined> {
    if (this.#sent.length === 0 && !this.#isClosed) throw new Error("the session has nothing to say");
    return this.#sent.shift();
  }

  async startTls(): Promise<void> {
    if (!this.#isTlsAwaited) throw new Error("the session does not await a handshake");
    this.#isTlsAwaited = false;
    this.#session.tlsStarted();
    this.#drive();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stage.leave(this);
  }

  async reset(): Promise<void> {
    await this.close();
  }

  #drive(): void {
    for (let effect = this.#session.next(); effect !== undefined; effect = this.#session.next()) {
      this.#write(Buffer.from(this.#session.takeReplies()));
      this.#carryOut(effect);
    }
    this.#write(Buffer.from(this.#session.takeReplies()));
  }

  #write(octets: Uint8Array): void {
    if (octets.length > 0) this.#sent.push(octets);
  }

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case "authenticate":
        this.#logIn(effect.name === LOGIN.name && Buffer.from(LOGIN.password).equals(effect.password));
        return;
      case "check-password": {
        const isRight = effect.name === LOGIN.name && Buffer.from(LOGIN.password).equals(effect.password);
        this.#session.checked(isRight ? undefined : { fault: "bad-credentials" });
        return;
      }
      case "open":
        this.#logIn(true);
        return;
      case "verify-apop":
        this.#logIn(isScriptedApop(effect.name, effect.digest, effect.timestamp));
        return;
      case "verify-rpop":
        this.#logIn(effect.name === LOGIN.name && effect.clientUser === RPOP_USER);
        return;
      case "start-exchange": {
        const isOffered = this.#stage.fixture.mechanisms.includes(effect.mechanism);
        this.#exchange = isOffered ? beginScriptedExchange(effect.mechanism) : undefined;
        this.#goOn(this.#exchange?.next(effect.response) ?? { fault: "mechanism-unavailable" });
        return;
      }
      case "continue-exchange":
        this.#goOn(this.#exchange?.next(effect.response) ?? { fault: "internal", cause: "no exchange" });
        return;
      case "find-envelope":
        this.#session.enveloped(effect.number, envelopeOf(this.#stage.fixture, effect.number));
        return;
      case "cancel-exchange":
        this.#exchange = undefined;
        this.#session.resume();
        return;
      case "send-message":
        this.#sendMessage(effect);
        return;
      case "send-slices":
        for (let slice = effect.slices.next(); slice.done !== true; slice = effect.slices.next()) {
          this.#write(slice.value);
        }
        this.#session.resume();
        return;
      case "flush":
        this.#session.resume();
        return;
      case "start-tls":
        this.#isTlsAwaited = true;
        return;
      case "update":
        this.#session.updated(this.#leave(effect));
        return;
      case "survey-boards":
        this.#session.surveyed(
          effect.boards.map(({ name }) => this.#stage.board(name)?.messages.length ?? 0),
        );
        return;
      case "open-board":
        this.#openBoard(effect);
        return;
      case "close":
        this.#isClosed = true;
        this.#stage.leave(this);
    }
  }

  #goOn(step: ScriptedStep): void {
    if (step === "authenticated") this.#logIn(true);
    else if (isFault(step)) this.#session.opened(step);
    else this.#session.challenged(step.challenge);
  }

  #logIn(isRight: boolean): void {
    const fault = this.#stage.failureOf("authenticate");
    const outcome = fault ?? (isRight ? this.#open() : { fault: "bad-credentials" as const });
    this.#session.opened(outcome, this.#stage.fixture.terms?.own, this.#stage.lastUid);
  }

  #open(): ScanListing | Fault {
    const opened = this.#stage.open(this);
    return isFault(opened) ? opened : this.#list(opened);
  }

  #openBoard(effect: Effect & { do: "open-board" }): void {
    const fault = this.#stage.failureOf("open-board");
    const left = fault === undefined ? this.#leave(effect) : undefined;
    const outcome = fault ?? left;
    if (outcome !== undefined) {
      this.#session.switched(outcome, fault === undefined);
      return;
    }
    const board = this.#stage.board(effect.board.name);
    const messages = (effect.isArchive ? board?.archive : board?.messages) ?? [];
    this.#session.switched(this.#list(messages.map((message, index) => stored(message, index + 1))), true);
  }

  #list(opened: readonly StoredMessage[]): ScanListing {
    this.#opened = opened;
    const internationalised = opened.filter((each) => each.isInternationalised);
    this.#listing = new ScanListing({
      octets: Float64Array.from(opened, (message) => message.octets),
      uids: Float64Array.from(opened, (message) => message.uid),
      uniqueIdPrefix: "pure",
      importedUniqueIds: undefined,
      internationalised: new Set(internationalised.map(({ uid }) => uid)),
      surrogateOctets: new Map(internationalised.map(({ uid, surrogateOctets }) => [uid, surrogateOctets])),
    });
    return this.#listing;
  }

  #sendMessage({ number, bodyLines, status, isCounted }: Effect & { do: "send-message" }): void {
    const fault = this.#stage.failureOf("send-message");
    if (fault !== undefined) {
      this.#session.refuse(fault);
      return;
    }
    this.#write(Buffer.from(status));
    const own = this.#opened[number - 1]?.wire ?? [];
    const wire = this.#listing?.isSurrogateShown(number) === true ? surrogateOf(own) : own;
    if (isCounted === true) {
      const unstuffer = new Unstuffer();
      for (const piece of wire.flatMap((slice) => unstuffer.take(slice))) this.#write(piece);
    } else {
      const cut = bodyLines === undefined ? undefined : new TopCut(bodyLines);
      for (const slice of wire) if (cut?.isDone !== true) this.#write(cut?.take(slice) ?? slice);
      this.#write(TERMINATION);
    }
    this.#session.resume();
  }

  #leave({ deleted, lastUid }: Leaving): Fault | undefined {
    const fault = this.#stage.failureOf("update");
    this.#stage.lastUid = lastUid ?? this.#stage.lastUid;
    if (fault === undefined) this.#stage.remove(deleted.flatMap((number) => this.#opened[number - 1] ?? []));
    this.#stage.leave(this);
    return fault;
  }
}
