import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRanges, plainAddress } from "./address-ranges.ts";

test("IPv4 inside IPv6 is IPv4, and a zone is left out. RFC 4291 §2.5.5.2", () => {
  assert.equal(plainAddress("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(plainAddress("::FFFF:192.0.2.7"), "192.0.2.7");
  assert.equal(plainAddress("192.0.2.7"), "192.0.2.7");
  assert.equal(plainAddress("fe80::1%eth0"), "fe80::1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
});

test("an IPv4 address counts for itself, however it came, and in its /24", () => {
  for (const address of ["192.0.2.7", "::ffff:192.0.2.7"]) {
    assert.deepEqual(addressRanges(address), { host: "192.0.2.7", network: "192.0.2.0/24" });
  }
});

test("IPv6 addresses count by their /64 and their /48, however they are written", () => {
  const network = "2001:db8:0::/48";
  for (const address of ["2001:db8::1", "2001:0db8:0:0::", "2001:DB8:0:0:f:ff:fff:ffff", "2001:db8::%1"]) {
    assert.deepEqual(addressRanges(address), { host: "2001:db8:0:0::/64", network });
  }
  assert.deepEqual(addressRanges("2001:db8:0:1:a:b:c:d"), { host: "2001:db8:0:1::/64", network });
});

test("groups that are left out, and an IPv4 address at the end, move no other group", () => {
  const hosts = {
    "::1": "0:0:0:0::/64",
    "::": "0:0:0:0::/64",
    "1::": "1:0:0:0::/64",
    "64:ff9b::192.0.2.7": "64:ff9b:0:0::/64",
    "1::2:3:4:5:6:7": "1:0:2:3::/64",
    "::1:2:3:4:5:192.0.2.7": "0:1:2:3::/64",
    "1:2:3:4:5:6:192.0.2.7": "1:2:3:4::/64",
  };
  for (const [address, host] of Object.entries(hosts)) assert.equal(addressRanges(address).host, host);
});

test("what is no address counts for itself", () => {
  assert.equal(addressRanges("").host, "");
  assert.notEqual(addressRanges("unix:a").host, addressRanges("unix:b").host);
});
