import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { systemClock } from "./clock.ts";
import { ConnectionGate } from "./connection-gate.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { addressBlock, plainAddress } from "./peer-address.ts";

test("IPv4 inside IPv6 is IPv4, and a zone is left out", () => {
  assert.equal(plainAddress("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(plainAddress("192.0.2.7"), "192.0.2.7");
  assert.equal(plainAddress("fe80::1%eth0"), "fe80::1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
});

test("an IPv4 address counts for itself", () => {
  assert.equal(addressBlock("192.0.2.7"), "192.0.2.7");
});

test("IPv6 addresses count by their /64, however they are written", () => {
  for (const address of ["2001:db8::1", "2001:0db8:0:0::", "2001:DB8:0:0:ffff:ffff:ffff:ffff"]) {
    assert.equal(addressBlock(address), "2001:db8:0:0::/64");
  }
  assert.equal(addressBlock("::1"), "0:0:0:0::/64");
  assert.equal(addressBlock("64:ff9b::192.0.2.7"), "64:ff9b:0:0::/64");
  assert.equal(addressBlock("1::2:3:4:5:6:7"), "1:0:2:3::/64");
});

test("two addresses share a block if, and only if, they share their first four groups", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(fc.tuple(group, group, group, group), fc.array(group, { minLength: 4 }), (network, host) => {
      const write = (groups: readonly number[]) => groups.map((value) => value.toString(16)).join(":");
      const block = addressBlock(write([...network, ...host.slice(0, 4)]));
      assert.equal(block, `${write(network)}::/64`);
    }),
  );
});

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
