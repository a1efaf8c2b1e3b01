import assert from "node:assert/strict";
import test from "node:test";
import { MemoryReplayStore } from "./memory-replay-store.ts";

test("an authenticator is claimed once, until it has expired", async () => {
  let nowMs = 0;
  const store = new MemoryReplayStore(() => nowMs);
  assert.equal(await store.claim("a", 600), true);
  assert.equal(await store.claim("a", 600), false);
  assert.equal(await store.claim("b", 600), true);
  nowMs = 599_999;
  assert.equal(await store.claim("a", 600), false);
  nowMs = 600_000;
  assert.equal(await store.claim("a", 600), true);
});

test("a full store refuses rather than forgets", async () => {
  let nowMs = 0;
  const store = new MemoryReplayStore(() => nowMs, 2);
  await store.claim("a", 600);
  await store.claim("b", 600);
  assert.deepEqual(await store.claim("c", 600), { fault: "busy" });
  assert.equal(await store.claim("a", 600), false);
  nowMs = 600_000;
  assert.equal(await store.claim("c", 600), true);
});
