import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { type Framed, LineFramer } from "./line-framer.ts";

const lineOctetsMax = 16;
const octetsOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const textOf = (framed: Framed): string =>
  framed === "overlong" ? framed : Buffer.from(framed).toString("latin1");

function readAll(framer: LineFramer): string[] {
  const lines: string[] = [];
  for (let framed = framer.next(lineOctetsMax); framed !== undefined; framed = framer.next(lineOctetsMax)) {
    lines.push(textOf(framed));
  }
  return lines;
}

/** A weak reference holds until the job in which it was made or looked at is over. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  await setImmediate();
  runInNewContext("gc()");
}

/** Lines short and long, their ends and their insides. */
const stream = fc
  .array(fc.constantFrom("\r\n", "\n", "\r", "NOOP", "x", "\0", "\xff", "x".repeat(15), "x".repeat(40)), {
    maxLength: 30,
  })
  .map((parts) => parts.join(""));

/** What the lines of a stream are, said in another way. */
function linesOf(text: string): string[] {
  const lines = text.match(/[^\n]*\n/g) ?? [];
  return lines.map((line) => (line.length > lineOctetsMax ? "overlong" : line.replace(/\r?\n$/, "")));
}

test("how TCP cuts the stream, and when lines are read, never changes the lines. RFC 1939 §3", () => {
  const cuts = fc.array(fc.record({ octets: fc.integer({ min: 1, max: 30 }), isReadNow: fc.boolean() }));
  fc.assert(
    fc.property(stream, cuts, (text, pieces) => {
      const framer = new LineFramer();
      const lines: string[] = [];
      let at = 0;
      for (const { octets, isReadNow } of pieces) {
        framer.push(octetsOf(text.slice(at, at + octets)));
        at += octets;
        if (isReadNow) lines.push(...readAll(framer));
      }
      framer.push(octetsOf(text.slice(at)));
      lines.push(...readAll(framer));
      assert.deepEqual(lines, linesOf(text));
    }),
  );
});

test("lines stay what they were when more octets come", () => {
  fc.assert(
    fc.property(stream, (text) => {
      const framer = new LineFramer();
      const lines: Framed[] = [];
      for (const octet of octetsOf(text)) {
        framer.push(Uint8Array.of(octet));
        const framed = framer.next(lineOctetsMax);
        if (framed !== undefined) lines.push(framed);
      }
      assert.deepEqual(lines.map(textOf), linesOf(text));
    }),
  );
});

test("once read dry, less than one line is held, whatever came. RFC 2449 §4", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
      const framer = new LineFramer();
      for (const chunk of chunks) {
        framer.push(chunk);
        readAll(framer);
        assert.ok(framer.heldOctets < lineOctetsMax);
      }
    }),
  );
});

test("an endless line costs one report, not memory, and the next line is read", () => {
  const framer = new LineFramer();
  for (let chunk = 0; chunk < 1_000; chunk += 1) {
    framer.push(octetsOf("x".repeat(1_000)));
    assert.equal(framer.next(lineOctetsMax), undefined);
    assert.equal(framer.heldOctets, 0);
  }
  framer.push(octetsOf("x\r\nNOOP\r\n"));
  assert.deepEqual(readAll(framer), ["overlong", "NOOP"]);
});

test("half a line does not keep the chunk alive that it came in", async () => {
  const framer = new LineFramer();
  const push = (): WeakRef<Uint8Array> => {
    const chunk = new Uint8Array(octetsOf(`${"NOOP\r\n".repeat(1_000)}NO`));
    framer.push(chunk);
    return new WeakRef(chunk);
  };
  const chunk = push();
  readAll(framer);
  await collectGarbage();
  assert.equal(chunk.deref(), undefined);
  framer.push(octetsOf("OP\r\n"));
  assert.deepEqual(readAll(framer), ["NOOP"]);
});

test("the limit may change from line to line", () => {
  const framer = new LineFramer();
  framer.push(octetsOf(`${"x".repeat(20)}\r\n${"y".repeat(20)}\r\n`));
  assert.equal(framer.next(16), "overlong");
  assert.equal(framer.next(22)?.length, 20);
});

test("what is discarded is forgotten, half of a line that was too long as well. RFC 2595 §4", () => {
  const framer = new LineFramer();
  framer.push(octetsOf("x".repeat(40)));
  assert.equal(framer.next(lineOctetsMax), undefined);
  framer.discard();
  framer.push(octetsOf("NOOP\r\nQU"));
  assert.deepEqual(readAll(framer), ["NOOP"]);
  framer.discard();
  framer.push(octetsOf("IT\r\n"));
  assert.deepEqual(readAll(framer), ["IT"]);
});
