import assert from "node:assert/strict";
import { test } from "node:test";
import { type Origin, traceHeader } from "./trace-header.ts";

const origin: Origin = {
  sessionId: "s1",
  id: "s1.1",
  reversePath: "bounce+x=y@example.test",
  protocol: "LMTP",
  client: { name: "mx1.example.test", address: "192.0.2.7" },
};

const header = (changes: Partial<Origin>, recipient = "alice@example.test"): string =>
  Buffer.from(
    traceHeader({
      origin: { ...origin, ...changes },
      recipient,
      hostname: "pop.example.test",
      at: new Date("2026-11-04T03:02:01Z"),
    }),
  ).toString();

test("the trace header names the way that the message came. RFC 5321 §4.4", () => {
  assert.equal(
    header({}),
    "Return-Path: <bounce+x=y@example.test>\r\n" +
      "Delivered-To: alice@example.test\r\n" +
      "Received: from mx1.example.test ([192.0.2.7])\r\n" +
      "\tby pop.example.test with LMTP id s1.1\r\n" +
      "\tfor <alice@example.test>; Wed, 04 Nov 2026 03:02:01 +0000\r\n",
  );
});

test("a bounce has an empty reverse-path. RFC 5321 §4.5.5", () => {
  assert.match(header({ reversePath: "" }), /^Return-Path: <>\r\n/);
});

test("an address literal says which kind it is. RFC 5321 §4.1.3", () => {
  const client = { name: "[IPv6:2001:db8::1]", address: "2001:db8::1" };
  assert.match(header({ client }), /from \[IPv6:2001:db8::1\] \(\[IPv6:2001:db8::1\]\)\r\n/);
});

test("a client without an address is local; without a client the host made the message itself", () => {
  assert.match(
    header({ client: { name: "mx1.example.test", address: undefined } }),
    /from mx1.example.test \(local\)/,
  );
  const { client: _client, ...local } = origin;
  const trace = traceHeader({ origin: local, recipient: "a@b", hostname: "h", at: new Date(0) });
  assert.match(Buffer.from(trace).toString(), /\r\nReceived: by h with LMTP id s1\.1\r\n/);
});

test("what a client calls itself cannot write into the header", () => {
  for (const name of ["x(comment", "a;b", "a\r\nX: y", "", "x".repeat(300)]) {
    assert.match(
      header({ client: { name, address: "192.0.2.7" } }),
      /\r\nReceived: from unknown \(\[192\.0\.2\.7\]\)\r\n/,
    );
  }
});

test("a client's name is in ASCII, unless internationalised mail was declared. RFC 6531 §3.7.3", () => {
  const client = { name: "b\u00fccher.test", address: "192.0.2.7" };
  assert.match(header({ client }), /\r\nReceived: from unknown /);
  assert.match(header({ client, isSmtpUtf8: true }), /\r\nReceived: from b\u00fccher\.test /);
});

test("addresses cannot begin a header field, and may be UTF-8. RFC 6531 §3.7.3", () => {
  const text = header({ reversePath: "a\r\nBcc: x@y" }, "jos\u00e9\u2028@b\u00fccher.test");
  assert.equal(text.split("\r\n").length, 6);
  assert.match(text, /^Delivered-To: jos\u00e9\?@b\u00fccher\.test\r$/m);
});
