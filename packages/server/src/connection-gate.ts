import type { ServerLimits } from "./limits.ts";
import { addressBlock } from "./peer-address.ts";

/** Why a client was turned away. */
export type GateRefusal = "too-many-connections" | "too-many-connections-of-address" | "too-many-handshakes";

/**
 * Counts connections and TLS handshakes, and says when there are enough. One for all listeners of a server.
 */
export class ConnectionGate {
  readonly #limits: ServerLimits;
  readonly #byBlock = new Map<string, number>();
  #connections = 0;
  #handshakes = 0;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
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

  /** Lets a handshake begin, to `endHandshake` later, or says why not. */
  beginHandshake(): GateRefusal | undefined {
    if (this.#handshakes >= this.#limits.handshakesMax) return "too-many-handshakes";
    this.#handshakes += 1;
    return undefined;
  }

  endHandshake(): void {
    this.#handshakes -= 1;
  }
}
