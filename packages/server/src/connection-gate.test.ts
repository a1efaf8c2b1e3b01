import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./clock.ts";
import { ConnectionGate } from "./connection-gate.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

test("the gate forgets an address when its last connection leaves", () => {
  const limits = { ...DEFAULT_LIMITS, connectionsMax: 3, connectionsPerAddressMax: 2 };
  const gate = new ConnectionGate(limits, systemClock);
  const stranger = { makeRoom: () => undefined };
  assert.equal(gate.enter("2001:db8::1"), undefined);
  assert.equal(gate.enter("2001:db8::2"), undefined);
  assert.equal(gate.enter("2001:db8::3"), "too-many-connections-of-address");
  assert.equal(gate.enter("192.0.2.1"), undefined);
  assert.equal(gate.enter("192.0.2.2"), "too-many-connections");
  gate.leave("2001:db8::1", stranger);
  assert.equal(gate.enter("2001:db8::3"), undefined);
});
