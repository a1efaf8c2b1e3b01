import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { within } from "./within.ts";

const blockFor = (milliseconds: number): void => {
  const begun = process.cpuUsage();
  while (process.cpuUsage(begun).user < milliseconds * 1000);
};

test("what waits or computes for too long is an error, what does not is passed on", async () => {
  assert.equal(await within(5000, () => delay(1, "done")), "done");
  await assert.rejects(
    within(50, () => delay(200)),
    /of 50 at most/,
  );
  await assert.rejects(
    within(50, async () => blockFor(100)),
    /of 50 at most/,
  );
});

test("time in which the process does not run does not count", async () => {
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  await within(100, async () => void Atomics.wait(asleep, 0, 0, 300));
});

test("a failure is passed on", async () => {
  await assert.rejects(
    within(50, () => Promise.reject(new Error("its own"))),
    /its own/,
  );
});
