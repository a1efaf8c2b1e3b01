import type { Clock } from "./clock.ts";
import type { ServerLimits } from "./limits.ts";
import { addressBlock } from "./peer-address.ts";

/** Why a client was turned away. */
export type GateRefusal = "too-many-connections" | "too-many-connections-of-address" | "too-many-handshakes";

/** A handshake under way. */
export interface Handshake {
  /** Breaks it off, for another one. */
  giveWay(): void;
}

/** A client needs less for a handshake; one that stands for longer may be a stranger's who wants none. */
const undisturbedMs = 1000;

/**
 * Counts connections and TLS handshakes, and says when there are enough. One for all listeners of a server.
 */
export class ConnectionGate {
  readonly #limits: ServerLimits;
  readonly #clock: Clock;
  readonly #byBlock = new Map<string, number>();
  #connections = 0;
  /** When each began, the oldest first. */
  readonly #handshakes = new Map<Handshake, number>();

  constructor(limits: ServerLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Lets a connection in, to `leave` later, or says why not. */
  enter(address: string): GateRefusal | undefined {
    const block = addressBlock(address);
    const ofBlock = this.#byBlock.get(block) ?? 0;
    if (this.#connections >= this.#limits.connectionsMax) return "too-many-connections";
    if (ofBlock >= this.#limits.connectionsPerAddressMax) return "too-many-connections-of-address";
    this.#connections += 1;
    this.#byBlock.set(block, ofBlock + 1);
    return undefined;
  }

  leave(address: string): void {
    const block = addressBlock(address);
    const left = (this.#byBlock.get(block) ?? 0) - 1;
    this.#connections -= 1;
    if (left > 0) this.#byBlock.set(block, left);
    else this.#byBlock.delete(block);
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

  /** Safe to call twice, and for one that has given way. */
  endHandshake(handshake: Handshake): void {
    this.#handshakes.delete(handshake);
  }
}
