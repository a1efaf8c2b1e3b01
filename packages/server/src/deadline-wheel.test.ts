import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Clock } from "./clock.ts";
import { DeadlineWheel, type Timed } from "./deadline-wheel.ts";

class ManualClock implements Clock {
  nowMs = 500;
  tick: () => void = () => undefined;

  now(): number {
    return this.nowMs;
  }

  everySecond(tick: () => void): () => void {
    this.tick = tick;
    return () => {
      this.tick = () => undefined;
    };
  }
}

class Alarm implements Timed {
  deadlineMs = 0;
  wheelSlot: number | undefined;
  readonly #clock: Clock;
  expiredMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  expire(): void {
    assert.equal(this.expiredMs, undefined, "expired twice");
    this.expiredMs = this.#clock.now();
  }
}

test("a deadline is noticed once, never early, and within two seconds; moved ones count as moved last", () => {
  const moves = fc.array(fc.record({ atMs: fc.nat(20_000), seconds: fc.nat(30) }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(moves, { minLength: 1, maxLength: 10 }), (alarms) => {
      const clock = new ManualClock();
      const wheel = new DeadlineWheel(clock);
      const timed = alarms.map((script) => ({ script, alarm: new Alarm(clock) }));
      for (let ms = 0; ms <= 60_000; ms += 250) {
        clock.nowMs = 500 + ms;
        for (const { script, alarm } of timed) {
          for (const move of script) {
            if (Math.floor(move.atMs / 250) * 250 !== ms || alarm.expiredMs !== undefined) continue;
            wheel.set(alarm, move.seconds);
          }
        }
        if (ms % 1000 === 0) clock.tick();
      }
      for (const { alarm } of timed) {
        assert.ok(alarm.expiredMs !== undefined);
        assert.ok(alarm.expiredMs >= alarm.deadlineMs);
        assert.ok(alarm.expiredMs - alarm.deadlineMs <= 2000);
      }
    }),
  );
});

test("what is removed does not expire, and may be removed twice", () => {
  const clock = new ManualClock();
  const wheel = new DeadlineWheel(clock);
  const alarm = new Alarm(clock);
  wheel.set(alarm, 3);
  wheel.remove(alarm);
  wheel.remove(alarm);
  clock.nowMs += 60_000;
  clock.tick();
  assert.equal(alarm.expiredMs, undefined);
});

test("after a long pause of the process, all that is due expires at the next tick", () => {
  const clock = new ManualClock();
  const wheel = new DeadlineWheel(clock);
  const alarms = [1, 60, 600].map((seconds) => {
    const alarm = new Alarm(clock);
    wheel.set(alarm, seconds);
    return alarm;
  });
  clock.nowMs += 3_600_000;
  clock.tick();
  assert.ok(alarms.every(({ expiredMs }) => expiredMs === clock.nowMs));
});
