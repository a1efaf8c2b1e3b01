import type { Timed } from "./deadline-wheel.ts";
import type { Output } from "./output.ts";
import type { PopService } from "./pop-service.ts";

/** Until when one connection may go on doing what it does. */
export class ConnectionDeadlines {
  readonly #service: PopService;
  readonly #timed: Timed;
  #drainsSeen = -1;

  constructor(service: PopService, timed: Timed) {
    this.#service = service;
    this.#timed = timed;
  }

  /** TLS, or what else comes before the session, is to be over. */
  expectHandshake(): void {
    this.#service.wheel.set(this.#timed, this.#service.limits.handshakeSecondsMax);
  }

  /** The client is to say something. RFC 1939 §3. */
  expectCommand(nowMs: number, isInTransaction: boolean): void {
    const { limits, wheel } = this.#service;
    wheel.set(this.#timed, isInTransaction ? limits.autologoutSeconds : limits.loginSecondsMax, nowMs);
  }

  /**
   * While something is under way, all that is asked of the client is that it takes something now and then.
   *
   * @returns false when it has taken nothing since it was last asked.
   */
  expectProgress(output: Output): boolean {
    const drains = output.isWaiting ? output.drains : -1;
    if (drains !== -1 && drains === this.#drainsSeen) return false;
    this.#drainsSeen = drains;
    this.expectRest();
    return true;
  }

  /** The client is to take what was said. */
  expectRest(): void {
    this.#service.wheel.set(this.#timed, this.#service.limits.stalledSecondsMax);
  }

  /** All was said: the client is to close. */
  expectClose(): void {
    this.#service.wheel.set(this.#timed, this.#service.limits.lingerSecondsMax);
  }

  expectNothing(): void {
    this.#service.wheel.remove(this.#timed);
  }
}
