import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Peer, SecurityLayer } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { SessionSummary } from "@poplar/telemetry";
import type { Accepted } from "./accepted.ts";
import { ConnectionDeadlines } from "./connection-deadlines.ts";
import {
  PLAINTEXT_ON_TLS_PORT,
  TLS_ON_PLAINTEXT_PORT,
  TOO_MANY_CONNECTIONS,
  TOO_MUCH_BEFORE_LOGIN,
} from "./connection-faults.ts";
import type { Handshake, Stranger } from "./connection-gate.ts";
import { ConnectionPeer } from "./connection-peer.ts";
import type { Timed } from "./deadline-wheel.ts";
import { LayeredTransport, SecurityLayerError } from "./layered-transport.ts";
import { Output } from "./output.ts";
import { type PopService, serviceBehind } from "./pop-service.ts";
import { PrefaceTalk } from "./preface-talk.ts";
import { type DrivenConnection, SessionDriver } from "./session-driver.ts";
import { sessionLink } from "./session-link.ts";
import { SessionRecord } from "./session-record.ts";
import { SignOfLife } from "./sign-of-life.ts";
import { disown, own, type SocketOwner, startReading } from "./socket-events.ts";
import { beginTls, type HandshakeOutcome, handshakeFailure, tlsFirstOctet } from "./tls-upgrade.ts";

/**
 * One client, from accept to close: its socket, TLS and deadlines. What is said on it is the
 * `SessionDriver`'s business.
 */
export class PopConnection implements Timed, SocketOwner, DrivenConnection, Handshake, Stranger {
  deadlineMs = 0;
  wheelSlot: number | undefined;
  readonly #service: PopService;
  readonly #record: SessionRecord;
  readonly #output: Output;
  readonly #driver: SessionDriver;
  readonly #isImplicitTls: boolean;
  readonly #life: SignOfLife;
  readonly #deadlines: ConnectionDeadlines;
  readonly #preface: PrefaceTalk | undefined;
  readonly #localAddress: string | undefined;
  readonly #port: number | undefined;
  /** TCP, or TLS on it. */
  #socket: Socket;
  /** What POP is spoken on: the socket, or a security layer on it. */
  #transport: Duplex;
  /** `awaiting-tls`: of a client that has to begin a handshake, nothing has come yet. */
  #phase: "awaiting-tls" | "handshake" | "preface" | "open" | "lingering" | "closed" | "ended" = "open";
  #isInputEnded = false;
  #hasHeard = false;
  #endReason: string | undefined;
  #error: Error | undefined;
  #ended: ((summary: SessionSummary) => void) | undefined;

  constructor(service: PopService, accepted: Accepted) {
    const { sessionId, listener, socket, address } = accepted;
    this.#service = service;
    this.#socket = socket;
    this.#transport = socket;
    this.#localAddress = accepted.localAddress;
    this.#port = accepted.port;
    this.#output = new Output(socket);
    this.#isImplicitTls = listener.tls === "implicit";
    this.#deadlines = new ConnectionDeadlines(service, this);
    this.#life = new SignOfLife(socket, service.clock);
    this.#record = new SessionRecord(sessionId, listener.name, address, service.clock.now());
    const preface = listener.preface?.begin(this.peer);
    this.#preface = preface && new PrefaceTalk(preface, (bug) => this.#driver.refused(bug));
    const behind = serviceBehind(service, preface);
    this.#driver = new SessionDriver(behind, this, {
      version: listener.protocol ?? "pop3",
      link: sessionLink(behind, { listener, address, peer: () => this.peer }),
      output: this.#output,
      record: this.#record,
    });
  }

  /**
   * Greets, or waits for the TLS handshake.
   *
   * @param ended called once the connection is closed, the maildrop given back and nothing under way any
   *   more.
   */
  begin(ended: (summary: SessionSummary) => void): void {
    this.#ended = ended;
    this.#service.events.sessionStarted(this.#record.listener);
    own(this.#socket, this);
    if (this.#isImplicitTls) {
      this.#phase = "awaiting-tls";
      this.#deadlines.expectHandshake();
      this.#socket.once("readable", () => this.#hearFirstOctets());
    } else {
      startReading(this.#socket);
      this.#start();
    }
  }

  get record(): SessionRecord {
    return this.#record;
  }

  /** It has a maildrop open, and has not said QUIT. */
  get isInTransaction(): boolean {
    return this.#phase === "open" && this.#driver.state === "TRANSACTION";
  }

  /** Ends the session, with a word where one can be said. One that carries out QUIT ends by itself. */
  cut(fault: Fault, reason: string = fault.fault): void {
    if (this.#isBeforeSession || this.#driver.isMidAnswer) {
      this.destroy(reason);
    } else if (this.#phase === "open" && this.#driver.state !== "UPDATE") {
      this.#driver.dismiss(fault, reason);
    }
  }

  /**
   * The same client seems to have come back on another line: ends the session, if nobody is on this one any
   * more.
   */
  yieldIfGone(): void {
    if (!this.isInTransaction) return;
    const waitsFor = !this.#driver.isBusy ? "command" : this.#output.isWaiting ? "client" : "us";
    if (this.#life.isLongGone(waitsFor, this.#service.limits))
      this.cut({ fault: "lease-lost" }, "client-came-back");
    else this.#life.probe();
  }

  destroy(reason: string): void {
    this.#endReason ??= reason;
    this.#transport.destroy();
  }

  received(octets: Buffer): void {
    this.#life.seen();
    if (this.#phase === "preface") void this.#hearPreface(octets);
    if (this.#phase !== "open") return;
    if (!this.#hasHeard) {
      this.#hasHeard = true;
      if (octets[0] === tlsFirstOctet && !this.#isImplicitTls) {
        this.#driver.dismiss(TLS_ON_PLAINTEXT_PORT, "tls-on-plaintext-port");
        return;
      }
    }
    this.#driver.receive(octets);
    if (this.#driver.isBusy) this.#boundHeldOctets();
  }

  inputEnded(): void {
    this.#isInputEnded = true;
    if (this.#phase === "preface") {
      const reason = this.#preface?.inputEnded();
      if (reason !== undefined) this.#refusePreface(reason);
    } else if (this.#isBeforeSession) this.destroy("closed-by-client");
    else if (!this.#driver.isBusy) this.#driver.drive();
  }

  drained(): void {
    this.#life.seen();
    this.#output.drained();
  }

  failed(err: Error): void {
    this.#error ??= err;
    if (err instanceof SecurityLayerError) this.#endReason ??= "security-layer-failed";
    this.#endReason ??= this.#phase === "handshake" ? "tls-failed" : "connection-lost";
  }

  closed(): void {
    if (this.#phase === "handshake") this.#handshakeOver(handshakeFailure(this.#error, this.#endReason));
    this.#phase = "closed";
    this.#deadlines.expectNothing();
    this.#output.closed();
    this.#driver.leave();
    this.settled();
  }

  settled(): void {
    if (this.#phase !== "closed" || !this.#driver.isSettled) return;
    this.#phase = "ended";
    const { clock } = this.#service;
    this.#ended?.(this.#record.summary(this.#endReason ?? "closed-by-client", clock.now()));
  }

  expire(): void {
    if (this.#phase === "awaiting-tls") this.#answerPlaintext("handshake-timeout");
    else if (this.#isBeforeSession) this.destroy("handshake-timeout");
    else if (this.#phase === "open" && this.#driver.isBusy) {
      if (!this.#deadlines.expectProgress(this.#output)) this.destroy("stalled");
    }
    // RFC 1939 §3: silently, and without UPDATE.
    else this.destroy(this.isInTransaction ? "autologout" : "login-timeout");
  }

  get isOpen(): boolean {
    return this.#phase === "open" && this.#output.isOpen;
  }

  get peer(): Peer {
    const { sessionId, address, listener } = this.#record;
    const isPlaintextAllowed = this.#service.isPlaintextLoginAllowed(address);
    const localAddress = this.#localAddress;
    const facts = { sessionId, address, port: this.#port, localAddress, listener, isPlaintextAllowed };
    return new ConnectionPeer(this.#socket, facts);
  }

  idle(nowMs: number | undefined): void {
    if (this.#isInputEnded) {
      this.finish("closed-by-client");
      return;
    }
    if (this.#transport.isPaused()) this.#transport.resume();
    if (nowMs !== undefined) this.#deadlines.expectCommand(nowMs, this.isInTransaction);
  }

  startTls(): void {
    const refusal = this.#service.gate.beginHandshake(this);
    if (refusal !== undefined) {
      this.#reportRefusal(refusal);
      this.destroy(refusal);
      return;
    }
    this.#phase = "handshake";
    this.#deadlines.expectHandshake();
    this.#socket.pause();
    // The reply to STLS is the last that leaves in clear.
    if (this.#socket.writableLength === 0) this.#shakeHands();
    else this.#socket.write("", () => this.#shakeHands());
  }

  giveWay(): void {
    this.#reportRefusal("too-many-handshakes");
    this.destroy("too-many-handshakes");
  }

  loggedIn(): void {
    this.#service.gate.loggedIn(this);
  }

  makeRoom(): void {
    this.#reportRefusal("too-many-connections");
    // What the kernel takes at once: nobody waits for a stranger to read.
    if (this.#phase === "open" && !this.#driver.isBusy) {
      this.#output.write(TOO_MANY_CONNECTIONS);
      this.#output.flush();
    }
    this.destroy("too-many-connections");
  }

  finish(reason: string): void {
    this.#endReason ??= reason;
    this.#phase = "lingering";
    this.#driver.leave();
    this.#output.flush();
    // A slow client may still have to take much of what was said before; then it has to close too: to close
    // with octets unread could take the last reply from it.
    this.#deadlines.expectRest();
    this.#transport.end(() => {
      if (this.#phase === "lingering") this.#deadlines.expectClose();
    });
    this.#transport.resume();
  }

  protect(layer: SecurityLayer, early: Uint8Array): void {
    this.#output.flush();
    disown(this.#socket);
    this.#transport = new LayeredTransport(this.#socket, layer, early);
    this.#output.use(this.#transport);
    own(this.#transport, this);
    startReading(this.#transport);
  }

  /** Nothing of POP has been said. */
  get #isBeforeSession(): boolean {
    return this.#phase === "awaiting-tls" || this.#phase === "handshake" || this.#phase === "preface";
  }

  /** TLS is there, where it comes first. */
  #start(): void {
    if (this.#preface === undefined) {
      this.#open();
      this.#driver.greet();
    } else {
      this.#phase = "preface";
      this.#deadlines.expectHandshake();
    }
  }

  #open(): void {
    this.#phase = "open";
    this.#deadlines.expectCommand(this.#service.clock.now(), this.isInTransaction);
  }

  /** One piece at a time: reading goes on when the client is to say more. */
  async #hearPreface(octets: Uint8Array): Promise<void> {
    this.#socket.pause();
    const step = await this.#preface?.hear(octets);
    if (step === undefined || this.#phase !== "preface") return;
    this.#output.write(step.reply);
    if (step.step === "refused") this.#refusePreface(step.reason);
    else if (step.step === "passed") {
      this.#open();
      this.#driver.greet(step.rest);
    } else {
      this.#output.flush();
      this.#socket.resume();
    }
  }

  #refusePreface(reason: string): void {
    this.#reportRefusal(reason);
    this.finish("preface-refused");
  }

  #reportRefusal(reason: string): void {
    const { listener, address } = this.#record;
    this.#service.events.connectionRefused({ listener, address, reason });
  }

  #boundHeldOctets(): void {
    const { limits } = this.#service;
    const { heldOctets } = this.#driver;
    if (!this.isInTransaction && heldOctets > limits.heldBeforeLoginOctetsMax) {
      this.#driver.dismiss(TOO_MUCH_BEFORE_LOGIN, "too-much-before-login");
    } else if (heldOctets > limits.heldOctetsMax) {
      this.#socket.pause();
    }
  }

  /** RFC 8314 §3.3: TLS begins with the connection. What is no TLS is told so in clear. */
  #hearFirstOctets(): void {
    if (this.#phase !== "awaiting-tls") return;
    const octets: unknown = this.#socket.read();
    // Nothing to read: the end is near, and is told by "end".
    if (!(octets instanceof Uint8Array)) return;
    if (octets[0] === tlsFirstOctet) {
      this.#socket.unshift(octets);
      this.startTls();
    } else {
      this.#answerPlaintext("plaintext-on-tls-port");
    }
  }

  #answerPlaintext(reason: string): void {
    this.#reportHandshake("not-tls");
    this.#socket.removeAllListeners("readable");
    this.#output.write(PLAINTEXT_ON_TLS_PORT);
    this.finish(reason);
  }

  #shakeHands(): void {
    const { certificates } = this.#service;
    if (this.#socket.destroyed || certificates === undefined) return;
    disown(this.#socket);
    const secure = beginTls(this.#socket, certificates);
    this.#socket = secure;
    this.#transport = secure;
    this.#output.use(secure);
    own(secure, this);
    secure.once("secure", () => this.#secured(secure));
  }

  #secured(secure: TLSSocket): void {
    this.#record.tlsVersion = secure.getProtocol() ?? undefined;
    this.#record.tlsCipher = secure.getCipher().standardName;
    this.#handshakeOver("accepted");
    startReading(secure);
    if (this.#isImplicitTls) {
      this.#start();
    } else {
      this.#open();
      this.#driver.tlsStarted();
    }
  }

  #handshakeOver(outcome: HandshakeOutcome): void {
    this.#service.gate.endHandshake(this);
    this.#reportHandshake(outcome);
  }

  #reportHandshake(outcome: HandshakeOutcome): void {
    const { listener, address, tlsVersion } = this.#record;
    this.#service.events.tlsHandshake({
      listener,
      address,
      outcome,
      version: tlsVersion,
      ...(this.#error !== undefined && { cause: this.#error }),
    });
  }
}
