import type { Clock } from "./clock.ts";

/** Something that has a time until which it may go on. Only the wheel writes its fields. */
export interface Timed {
  deadlineMs: number;
  /** Where the wheel looks at it next. */
  wheelSlot: number | undefined;
  /** The deadline has passed. Must not throw. */
  expire(): void;
}

const slotMs = 1000;

const slotAfter = (ms: number): number => Math.floor(ms / slotMs) + 1;

/**
 * One coarse timer for all connections. Putting a deadline off, which every command does, writes one number:
 * the wheel finds out when it comes by. A deadline is noticed within two seconds of its passing, and never
 * before.
 */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<Timed>>();
  readonly #stop: () => void;
  #slot: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#slot = slotAfter(clock.now());
    this.#stop = clock.everySecond(() => this.#tick());
  }

  /** Sets the deadline to so many seconds from `nowMs`. */
  set(timed: Timed, seconds: number, nowMs: number = this.#clock.now()): void {
    timed.deadlineMs = nowMs + seconds * 1000;
    const slot = slotAfter(timed.deadlineMs);
    if (timed.wheelSlot !== undefined && timed.wheelSlot <= slot) return;
    this.remove(timed);
    this.#insert(timed, slot);
  }

  remove(timed: Timed): void {
    if (timed.wheelSlot === undefined) return;
    this.#slots.get(timed.wheelSlot)?.delete(timed);
    timed.wheelSlot = undefined;
  }

  /** Stops the timer. */
  close(): void {
    this.#stop();
  }

  #insert(timed: Timed, wantedSlot: number): void {
    const slot = Math.max(wantedSlot, this.#slot);
    timed.wheelSlot = slot;
    const members = this.#slots.get(slot);
    if (members === undefined) this.#slots.set(slot, new Set([timed]));
    else members.add(timed);
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    for (const last = Math.floor(nowMs / slotMs); this.#slot <= last; ) {
      const members = this.#slots.get(this.#slot);
      this.#slots.delete(this.#slot);
      this.#slot += 1;
      for (const timed of members ?? []) this.#visit(timed, nowMs);
    }
  }

  #visit(timed: Timed, nowMs: number): void {
    timed.wheelSlot = undefined;
    if (timed.deadlineMs <= nowMs) timed.expire();
    else this.#insert(timed, slotAfter(timed.deadlineMs));
  }
}
