import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TopCut, WireEncoder } from "./wire-form.ts";

const octetsOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const textOf = (slices: readonly Uint8Array[]): string => Buffer.concat(slices).toString("latin1");

function encode(chunks: readonly Uint8Array[]): { wire: string; encoder: WireEncoder } {
  const encoder = new WireEncoder();
  const slices = chunks.flatMap((chunk) => encoder.encode(chunk));
  return { wire: textOf([...slices, ...encoder.finish()]), encoder };
}

const unstuff = (wire: string): string => wire.replace(/(^|\r\n)\.\./g, "$1.");

/** Octets that matter, and one that does not. */
const message = fc
  .array(fc.constantFrom("\r", "\n", ".", "\0", "x", "\xff", "\r\n", ".\r\n"), { maxLength: 40 })
  .map((parts) => parts.join(""));

test("each line that begins with a dot gets one more. RFC 1939 §3", () => {
  assert.equal(encode([octetsOf("a\r\n.\r\n..b\r\n. c\r\n")]).wire, "a\r\n..\r\n...b\r\n.. c\r\n");
});

test("bare LF becomes CRLF; bare CR, NUL and 8-bit octets stay", () => {
  assert.equal(encode([octetsOf("a\nb\rc\0\xff\r\r\n")]).wire, "a\r\nb\rc\0\xff\r\r\n");
});

test("a message without a last line end gets one, an empty message stays empty", () => {
  assert.equal(encode([octetsOf("a")]).wire, "a\r\n");
  assert.equal(encode([octetsOf("a\r")]).wire, "a\r\r\n");
  assert.equal(encode([]).wire, "");
});

test("octets are counted before byte-stuffing, with CRLF. RFC 1939 §11", () => {
  const { wire, encoder } = encode([octetsOf("S: x\n\n.\n")]);
  assert.equal(wire, "S: x\r\n\r\n..\r\n");
  assert.equal(encoder.octets, 11);
  assert.equal(encoder.wireOctets, 12);
  assert.equal(encoder.headerWireOctets, 8);
});

test("a message without an empty line is all header", () => {
  assert.equal(encode([octetsOf("S: x\r\nno body")]).encoder.headerWireOctets, 15);
});

test("how the octets are cut never changes the wire form", () => {
  fc.assert(
    fc.property(message, (text) => {
      const whole = encode([octetsOf(text)]);
      const cut = encode(Array.from(text, octetsOf));
      assert.equal(cut.wire, whole.wire);
      assert.equal(cut.encoder.octets, whole.encoder.octets);
      assert.equal(cut.encoder.headerWireOctets, whole.encoder.headerWireOctets);
    }),
  );
});

test("unstuffing the wire form gives the message back, with CRLF line ends", () => {
  fc.assert(
    fc.property(message, (text) => {
      const { wire, encoder } = encode([octetsOf(text)]);
      const lines = text.replace(/\r?\n/g, "\r\n");
      assert.equal(unstuff(wire), lines === "" || lines.endsWith("\n") ? lines : `${lines}\r\n`);
      assert.equal(encoder.octets, unstuff(wire).length);
      assert.ok(!/(^|\r\n)\.\r\n/.test(wire), "no line of the message ends the response");
    }),
  );
});

function top(wire: string, bodyLines: number, cutEvery = wire.length): string {
  const cut = new TopCut(bodyLines);
  const taken: Uint8Array[] = [];
  for (let at = 0; at < wire.length && !cut.isDone; at += cutEvery) {
    taken.push(cut.take(octetsOf(wire.slice(at, at + cutEvery))));
  }
  return textOf(taken);
}

test("TOP counts the lines of the body, after the empty line. RFC 1939 §7", () => {
  const wire = "A: 1\r\nB: 2\r\n\r\none\r\n\r\nthree\r\n";
  assert.equal(top(wire, 0), "A: 1\r\nB: 2\r\n\r\n");
  assert.equal(top(wire, 1), "A: 1\r\nB: 2\r\n\r\none\r\n");
  assert.equal(top(wire, 2), "A: 1\r\nB: 2\r\n\r\none\r\n\r\n");
  assert.equal(top(wire, 99), wire);
  assert.equal(top("A: no body\r\n", 3), "A: no body\r\n");
});

test("how the octets are cut never changes what TOP takes", () => {
  fc.assert(
    fc.property(message, fc.nat(4), fc.integer({ min: 1, max: 7 }), (text, bodyLines, cutEvery) => {
      const { wire } = encode([octetsOf(text)]);
      assert.equal(top(wire, bodyLines, cutEvery), top(wire, bodyLines));
    }),
  );
});
