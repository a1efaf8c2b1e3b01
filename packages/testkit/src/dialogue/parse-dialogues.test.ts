import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { asReceived, asTopReceived, messageOfOctets } from "./fixture.ts";
import { parseDialogues } from "./parse-dialogues.ts";

const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1");

test("what stands before the first title holds for every dialogue", () => {
  const [first, second] = parseDialogues(`# RFC 1939 §5, T4
maildrop: 120
plaintext-login: refused
over: tls
## first
C: NOOP
## second
# T5 T6
message: a\\n
message:
| Subject: b
|
| .
plaintext-login: allowed
failure: update lease-lost
2> C: (3 times) NOOP
`);
  assert.deepEqual(first?.statements, ["T4"]);
  assert.deepEqual(second?.statements, ["T4", "T5", "T6"]);
  assert.equal(second.over, "tls");
  assert.equal(first.fixture.isPlaintextLoginAllowed, false);
  assert.equal(second.fixture.isPlaintextLoginAllowed, true);
  assert.deepEqual(second.fixture.failures, [{ effect: "update", fault: { fault: "lease-lost" } }]);
  assert.deepEqual(first.fixture.messages.map(textOf), [textOf(messageOfOctets(120))]);
  assert.deepEqual(second.fixture.messages.slice(1).map(textOf), ["a\n", "Subject: b\r\n\r\n.\r\n"]);
  assert.deepEqual(
    second.steps.map(({ line, connection }) => [line, connection]),
    [
      [16, 2],
      [16, 2],
      [16, 2],
    ],
  );
});

test("a line that is not understood is named", () => {
  for (const line of [
    "X: 1",
    "failure: update fire",
    "over: radio",
    "C: (dance)",
    "S: (dance)",
    "STAT",
    "maildrop: 1",
  ]) {
    assert.throws(() => parseDialogues(`## x\n${line}\nC: NOOP\n`), { message: `line 2: ${line}` });
  }
  assert.throws(() => parseDialogues("## nothing is said\n"), /has no lines/);
});

test("a message of so many octets has so many, and is in the form in which it is received. RFC 1939 §11", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5_000 }), (octets) => {
      const message = textOf(messageOfOctets(octets));
      assert.equal(message.length, octets);
      assert.equal(asReceived(messageOfOctets(octets)), message);
    }),
  );
  assert.equal(messageOfOctets(0).length, 0);
});

test("what TOP shows ends after so many lines of the body. RFC 1939 §7", () => {
  const message = Buffer.from("A: 1\n\none\n\nthree");
  assert.equal(asTopReceived(message, 0), "A: 1\r\n\r\n");
  assert.equal(asTopReceived(message, 2), "A: 1\r\n\r\none\r\n\r\n");
  assert.equal(asTopReceived(message, 9), "A: 1\r\n\r\none\r\n\r\nthree\r\n");
  assert.equal(asTopReceived(Buffer.from("A: 1"), 0), "A: 1\r\n");
});
