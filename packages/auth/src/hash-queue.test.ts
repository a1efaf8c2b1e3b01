import assert from "node:assert/strict";
import { test } from "node:test";
import { HashQueue } from "./hash-queue.ts";

/** Work that goes on until it is told to end. */
class Gate {
  readonly opened: Promise<void>;
  open: () => void = () => undefined;
  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

test("so many run, so many wait in order, and what comes then is busy at once", async () => {
  const queue = new HashQueue({ runningMax: 2, waitingMax: 3 });
  const gates = Array.from({ length: 5 }, () => new Gate());
  const started: number[] = [];
  const outcomes = gates.map(async (gate, index) =>
    queue.run(async () => {
      started.push(index);
      await gate.opened;
      return index;
    }),
  );
  assert.equal(await queue.run(async () => 99), "busy");
  assert.deepEqual(started, [0, 1]);
  gates[1]?.open();
  await outcomes[1];
  assert.deepEqual(started, [0, 1, 2]);
  for (const gate of gates) gate.open();
  assert.deepEqual(await Promise.all(outcomes), [0, 1, 2, 3, 4]);
});

test("work that fails gives its place to the next", async () => {
  const queue = new HashQueue({ runningMax: 1, waitingMax: 10 });
  const failing = queue.run(async () => {
    throw new Error("broken");
  });
  const next = queue.run(async () => "done");
  await assert.rejects(failing, /broken/);
  assert.equal(await next, "done");
  assert.equal(await queue.run(async () => "again"), "again");
});
