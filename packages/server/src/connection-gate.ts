import { addressRanges } from "@poplar/maildrop";
import type { Clock } from "./clock.ts";
import type { ServerLimits } from "./limits.ts";

/** Why a client was turned away. */
export type GateRefusal = "too-many-connections" | "too-many-connections-of-address" | "too-many-handshakes";

/** A handshake under way. */
export interface Handshake {
  /** Breaks it off, for another one. */
  giveWay(): void;
}

/** A connection whose client has not said yet who it is. */
export interface Stranger {
  /** Closes it at once, for somebody else. */
  makeRoom(): void;
}

/** A client needs less for a handshake; one that stands for longer may be a stranger's who wants none. */
const undisturbedMs = 1000;

/**
 * Counts connections and TLS handshakes, and says when there are enough. One for all listeners of a server.
 */
export class ConnectionGate {
  readonly #limits: ServerLimits;
  readonly #clock: Clock;
  readonly #byHost = new Map<string, number>();
  #connections = 0;
  /** When each began, the oldest first. */
  readonly #handshakes = new Map<Handshake, number>();
  /** When each came, the oldest first. */
  readonly #strangers = new Map<Stranger, number>();

  constructor(limits: ServerLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Lets a connection in, to `expectLogin` of and to `leave` later, or says why not.
   *
   * Where there are enough, the one that has been here longest without logging in makes room: strangers who
   * connect from many addresses and say nothing keep nobody out. Who has logged in stays.
   */
  enter(address: string): GateRefusal | undefined {
    const { host } = addressRanges(address);
    const ofHost = this.#byHost.get(host) ?? 0;
    if (ofHost >= this.#limits.connectionsPerAddressMax) return "too-many-connections-of-address";
    if (this.#connections >= this.#limits.connectionsMax && !this.#isRoomMade())
      return "too-many-connections";
    this.#connections += 1;
    this.#byHost.set(host, ofHost + 1);
    return undefined;
  }

  /** Who has entered has to log in, or to make room one day. */
  expectLogin(stranger: Stranger): void {
    this.#strangers.set(stranger, this.#clock.now());
  }

  /** Makes room for nobody from now on. Safe to call twice. */
  loggedIn(stranger: Stranger): void {
    this.#strangers.delete(stranger);
  }

  leave(address: string, stranger: Stranger): void {
    this.#strangers.delete(stranger);
    const { host } = addressRanges(address);
    const left = (this.#byHost.get(host) ?? 0) - 1;
    this.#connections -= 1;
    if (left > 0) this.#byHost.set(host, left);
    else this.#byHost.delete(host);
  }

  /**
   * Lets a handshake begin, to `endHandshake` later, or says why not.
   *
   * Where there are enough, the oldest gives way: strangers who begin and go no further keep nobody out.
   */
  beginHandshake(handshake: Handshake): GateRefusal | undefined {
    const nowMs = this.#clock.now();
    if (this.#handshakes.size >= this.#limits.handshakesMax) {
      const [oldest, beganMs] = this.#handshakes.entries().next().value ?? [];
      if (oldest === undefined || beganMs === undefined || nowMs - beganMs < undisturbedMs) {
        return "too-many-handshakes";
      }
      this.#handshakes.delete(oldest);
      oldest.giveWay();
    }
    this.#handshakes.set(handshake, nowMs);
    return undefined;
  }

  /** The place is free once the connection has closed; until then there is one more than there should be. */
  #isRoomMade(): boolean {
    const [oldest, cameMs] = this.#strangers.entries().next().value ?? [];
    if (oldest === undefined || cameMs === undefined) return false;
    if (this.#clock.now() - cameMs < undisturbedMs) return false;
    this.#strangers.delete(oldest);
    oldest.makeRoom();
    return true;
  }

  /** Safe to call twice, and for one that has given way. */
  endHandshake(handshake: Handshake): void {
    this.#handshakes.delete(handshake);
  }
}
