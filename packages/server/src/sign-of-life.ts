import type { Socket } from "node:net";
import type { Clock } from "./clock.ts";
import type { ServerLimits } from "./limits.ts";

/**
 * What a session waits for: its client's next command, its client taking what was sent, or something of ours.
 */
export type WaitsFor = "command" | "client" | "us";

/**
 * How long the peer's TCP is silent before it is probed, once a session is asked; the system then asks every
 * second.
 */
const probeAfterMs = 1000;

/** By then ten probes have gone unanswered and the system has given the connection up; or its peer lives. */
const probingMs = 15_000;

/**
 * When a client was last heard of, for the day when it comes back on another line: is this one still alive?
 *
 * A peer that closed or reset its connection ends the session without anybody asking. What is left are peers
 * that went without a word. They are probed: who has restarted says so at once, who cannot be reached is
 * given up by the system in some ten seconds, and who lives notices nothing. Behind a balancer it is the
 * balancer that answers; so who has been silent for long is believed to be gone.
 */
export class SignOfLife {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #lastMs: number;
  #isProbing = false;

  /** @param socket that of TCP, whatever is spoken on top of it. */
  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#lastMs = clock.now();
  }

  /** It sent something, or took something. */
  seen(): void {
    this.#lastMs = this.#clock.now();
  }

  /** Whether it has been silent for so long that somebody who says he is the same client may be believed. */
  isLongGone(waitsFor: WaitsFor, limits: ServerLimits): boolean {
    const silentSeconds = (this.#clock.now() - this.#lastMs) / 1000;
    switch (waitsFor) {
      case "command":
        return silentSeconds >= limits.yieldIdleSecondsMin;
      case "client":
        return silentSeconds >= limits.yieldStalledSecondsMin;
      case "us":
        return false;
    }
  }

  /** Has the system find out whether the peer's TCP still answers; if it does not, the socket fails. */
  probe(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.#socket.setKeepAlive(true, probeAfterMs);
    setTimeout(() => {
      this.#isProbing = false;
      this.#socket.setKeepAlive(false);
    }, probingMs).unref();
  }
}
