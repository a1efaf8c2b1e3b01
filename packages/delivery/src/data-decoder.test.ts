import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DataDecoder } from "./data-decoder.ts";

/** Decodes chunks until the end; what follows it is `rest`. */
function decode(chunks: readonly string[]): { content: string; rest: string | undefined } {
  const decoder = new DataDecoder();
  let content = "";
  for (const [index, chunk] of chunks.entries()) {
    const decoded = decoder.decode(Buffer.from(chunk, "latin1"));
    content += decoded.content.toString("latin1");
    if (decoded.end !== undefined) {
      return { content, rest: chunk.slice(decoded.end) + chunks.slice(index + 1).join("") };
    }
  }
  return { content, rest: undefined };
}

/** Octets that matter, and one that does not. */
const octets = fc
  .array(fc.constantFrom("\r", "\n", ".", "\r\n", "\r\n.", "\r\n.\r", "x", "\0", "\xff"), { maxLength: 30 })
  .map((parts) => parts.join(""));

test("what a client stuffs comes out as it was, however it is cut. RFC 5321 §4.5.2", () => {
  fc.assert(
    fc.property(octets, fc.integer({ min: 1, max: 9 }), (text, cutEvery) => {
      const message = text === "" || text.endsWith("\r\n") ? text : `${text}\r\n`;
      const sent = `${message.replace(/(^|\r\n)\./g, "$1..")}.\r\nQUIT\r\n`;
      const chunks = sent.match(new RegExp(`[^]{1,${cutEvery}}`, "g")) ?? [];
      assert.deepEqual(decode(chunks), { content: message, rest: "QUIT\r\n" });
    }),
  );
});

test("how any octets are cut never changes what they mean", () => {
  fc.assert(
    fc.property(octets, (text) => {
      assert.deepEqual(decode(text.split("")), decode([text]));
    }),
  );
});

for (const notTheEnd of [
  "\n.\n",
  "\n.\r\n",
  "\r.\r",
  "\r.\r\n",
  "\r\n.\r",
  "\r\n.\n",
  "\r\n.\r\r\n",
  "\r\n\0.\r\n",
]) {
  test(`${JSON.stringify(notTheEnd)} does not end a message. RFC 5321 §4.1.1.4`, () => {
    assert.equal(decode([`x${notTheEnd}x`]).rest, undefined);
  });
}

test("only a dot at the start of a line is taken off, and a line starts after CRLF. RFC 5321 §2.3.8", () => {
  assert.equal(
    decode(["..a\r\n..b\r\n.c\n..d\r..e\r\n.\rf\r\n"]).content,
    ".a\r\n.b\r\nc\n..d\r..e\r\n\rf\r\n",
  );
});

test("an empty message is a dot and CRLF", () => {
  assert.deepEqual(decode([".\r\n"]), { content: "", rest: "" });
});
