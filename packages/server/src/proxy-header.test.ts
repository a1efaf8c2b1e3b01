import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { parseProxyHeader, V1_OCTETS_MAX, V2_REST_OCTETS_MAX } from "./proxy-header.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

const SIGNATURE = latin1("\r\n\r\n\0\r\nQUIT\n");

/** A header of version 2; `rest` is what follows its 16 octets. */
function v2(command: number, transport: number, rest: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(command, 0);
  head.writeUInt8(transport, 1);
  head.writeUInt16BE(rest.length, 2);
  return Buffer.concat([SIGNATURE, head, rest]);
}

const IPV4_REST = Buffer.from([192, 0, 2, 7, 198, 51, 100, 1, 0xc3, 0x50, 0, 110]);
const IPV6_REST = Buffer.concat([
  Buffer.from("20010db8000000000000000000000007", "hex"),
  Buffer.from("20010db8000000000000000000000001", "hex"),
  Buffer.from([0xc3, 0x50, 0, 110]),
]);

test("version 1 names the client and the address it connected to, over IPv4 and IPv6", () => {
  const ipv4 = "PROXY TCP4 192.0.2.7 198.51.100.1 50000 110\r\n";
  assert.deepEqual(parseProxyHeader(latin1(`${ipv4}CAPA\r\n`)), {
    octets: ipv4.length,
    ends: { client: "192.0.2.7", clientPort: 50_000, local: "198.51.100.1" },
  });
  const ipv6 = "PROXY TCP6 2001:DB8:0:0:0:0:0:7 ::ffff:198.51.100.1 0 65535\r\n";
  assert.deepEqual(parseProxyHeader(latin1(ipv6)), {
    octets: ipv6.length,
    ends: { client: "2001:db8::7", clientPort: 0, local: "198.51.100.1" },
  });
});

test("what follows UNKNOWN in version 1 is ignored, and the balancer's own address counts", () => {
  for (const line of ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:: what not\r\n"]) {
    assert.deepEqual(parseProxyHeader(latin1(line)), { octets: line.length, ends: undefined });
  }
});

test("a header of version 1 may be 107 octets long, and not one more", () => {
  const longest = `PROXY UNKNOWN ${"x".repeat(V1_OCTETS_MAX - 16)}\r\n`;
  assert.equal(longest.length, V1_OCTETS_MAX);
  assert.deepEqual(parseProxyHeader(latin1(longest)), { octets: V1_OCTETS_MAX, ends: undefined });
  assert.equal(parseProxyHeader(latin1(`${longest.slice(0, -2)}x\r\n`)), "malformed");
});

test("version 1 is taken to the letter", () => {
  for (const line of [
    "PROXY TCP4 192.0.2.7 198.51.100.1 50000\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 50000 110 \r\n",
    "PROXY TCP4  192.0.2.7 198.51.100.1 50000 110\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 050000 110\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 65536 110\r\n",
    "PROXY TCP4 2001:db8::7 2001:db8::1 50000 110\r\n",
    "PROXY TCP6 192.0.2.7 198.51.100.1 50000 110\r\n",
    "PROXY TCP6 fe80::1%eth0 2001:db8::1 50000 110\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 50000 110\n\r\n",
    "PROXY UDP4 192.0.2.7 198.51.100.1 50000 110\r\n",
    "proxy TCP4 192.0.2.7 198.51.100.1 50000 110\r\n",
    "PROXY\r\n",
    "CAPA\r\n",
    "\x16\x03\x01",
  ]) {
    assert.equal(parseProxyHeader(latin1(line)), "malformed", JSON.stringify(line));
  }
});

test("version 2 names the client and the address it connected to, and its TLVs are skipped", () => {
  const tlv = Buffer.from([0x20, 0, 5, 1, 0, 0, 0, 0]);
  for (const [transport, rest, client, local] of [
    [0x11, IPV4_REST, "192.0.2.7", "198.51.100.1"],
    [0x21, IPV6_REST, "2001:db8::7", "2001:db8::1"],
  ] as const) {
    const header = v2(0x21, transport, Buffer.concat([rest, tlv]));
    assert.deepEqual(parseProxyHeader(Buffer.concat([header, latin1("CAPA\r\n")])), {
      octets: header.length,
      ends: { client, clientPort: 50_000, local },
    });
  }
});

test("in version 2 the balancer may speak for itself, or not know the client", () => {
  const unix = Buffer.alloc(216, "/tmp");
  for (const [command, transport, rest] of [
    [0x20, 0x00, Buffer.alloc(0)],
    [0x20, 0x11, IPV4_REST],
    [0x21, 0x00, Buffer.alloc(9)],
    [0x21, 0x31, unix],
  ] as const) {
    const header = v2(command, transport, rest);
    assert.deepEqual(parseProxyHeader(header), { octets: header.length, ends: undefined });
  }
});

test("version 2 with another version, command or transport, or without its addresses, is malformed", () => {
  for (const [command, transport, rest] of [
    [0x11, 0x11, IPV4_REST],
    [0x22, 0x11, IPV4_REST],
    [0x21, 0x12, IPV4_REST],
    [0x21, 0x22, IPV6_REST],
    [0x21, 0x41, IPV6_REST],
    [0x21, 0x11, IPV4_REST.subarray(1)],
    [0x21, 0x21, IPV6_REST.subarray(1)],
    [0x21, 0x31, Buffer.alloc(215)],
  ] as const) {
    assert.equal(parseProxyHeader(v2(command, transport, rest)), "malformed");
  }
});

test("a header of version 2 may be 4 KiB long, and not one octet more", () => {
  const longest = v2(0x21, 0x11, Buffer.concat([IPV4_REST, Buffer.alloc(V2_REST_OCTETS_MAX - 12)]));
  assert.notEqual(parseProxyHeader(longest), "malformed");
  const head = longest.subarray(0, 16);
  head.writeUInt16BE(V2_REST_OCTETS_MAX + 1, 14);
  assert.equal(parseProxyHeader(head), "malformed", "known from its head alone");
});

const header = fc.oneof(
  fc
    .tuple(fc.ipV4(), fc.ipV4(), fc.nat(65_535), fc.nat(65_535))
    .map(([client, local, from, to]) => latin1(`PROXY TCP4 ${client} ${local} ${from} ${to}\r\n`)),
  fc
    .tuple(fc.ipV6(), fc.ipV6(), fc.nat(65_535), fc.nat(65_535))
    .map(([client, local, from, to]) => latin1(`PROXY TCP6 ${client} ${local} ${from} ${to}\r\n`)),
  fc
    .tuple(fc.uint8Array({ minLength: 36, maxLength: 200 }), fc.constantFrom(0x11, 0x21))
    .map(([rest, transport]) => v2(0x21, transport, rest)),
);

test("however a header is cut, it is incomplete until its last octet has come", () => {
  fc.assert(
    fc.property(header, fc.uint8Array(), (octets, following) => {
      const whole = parseProxyHeader(octets);
      assert.ok(typeof whole === "object" && whole.octets === octets.length);
      assert.notEqual(isIP(whole.ends?.client ?? ""), 0);
      for (let cut = 0; cut < octets.length; cut += 1) {
        assert.equal(parseProxyHeader(octets.subarray(0, cut)), "incomplete");
      }
      assert.deepEqual(parseProxyHeader(Buffer.concat([octets, following])), whole);
    }),
  );
});

test("whatever a stranger sends, the answer comes within the longest header and never throws", () => {
  const beginning = fc.constantFrom("", "PROXY ", "PROXY TCP4 ", SIGNATURE.toString("latin1"));
  fc.assert(
    fc.property(beginning, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
      const octets = Buffer.concat([latin1(start), rest]);
      const outcome = parseProxyHeader(octets);
      if (typeof outcome === "object") assert.ok(outcome.octets <= octets.length);
      if (outcome === "incomplete" && start !== SIGNATURE.toString("latin1")) {
        assert.ok(octets.length < V1_OCTETS_MAX);
      }
    }),
  );
});
