import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isEmpty, parseCommandLine, textOf, wordsOf } from "./command-line.ts";

const octetsOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const keywordOf = (line: string): string => parseCommandLine(octetsOf(line)).keyword;

test("no octets make the parser throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (line) => {
      const { keyword, argument } = parseCommandLine(line);
      assert.ok(keyword.length <= 12);
      assert.equal(isEmpty(argument), wordsOf(argument).length === 0);
      textOf(argument);
    }),
  );
});

test("keyword and argument give the line back, but for the case of ASCII letters. RFC 1939 §3", () => {
  const keyword = fc.stringMatching(/^[!-~]{1,12}$/);
  fc.assert(
    fc.property(keyword, fc.uint8Array(), (word, rest) => {
      const { keyword: parsed, argument } = parseCommandLine(Buffer.concat([octetsOf(`${word} `), rest]));
      assert.equal(parsed, word.toUpperCase());
      assert.deepEqual(Buffer.from(argument ?? []), Buffer.from(rest));
    }),
  );
});

test("8-bit letters have no upper case", () => {
  assert.equal(keywordOf("pass x"), "PASS");
  assert.notEqual(keywordOf("pa\xdf x"), "PASS");
  assert.equal(keywordOf("\xe4\xff"), "\xe4\xff");
});

test("words are separated by single spaces; two have an empty word between them. RFC 1939 §3", () => {
  assert.deepEqual(wordsOf(octetsOf("1 20")), ["1", "20"]);
  assert.deepEqual(wordsOf(octetsOf("1  20")), ["1", "", "20"]);
  assert.deepEqual(wordsOf(octetsOf(" 1")), ["", "1"]);
  assert.deepEqual(wordsOf(octetsOf("1  ")), ["1"]);
  assert.deepEqual(wordsOf(octetsOf("1\t\xa0")), ["1\t\xa0"]);
  assert.deepEqual(wordsOf(undefined), []);
});

test("words joined by spaces give the words back", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[!-~]+$/), { maxLength: 5 }), (words) => {
      assert.deepEqual(wordsOf(octetsOf(words.join(" "))), words);
    }),
  );
});

test("text is UTF-8 to the letter, a byte order mark included", () => {
  assert.equal(textOf(Buffer.from("älice  ")), "älice");
  assert.equal(textOf(Buffer.from("\ufeffa")), "\ufeffa");
  assert.equal(textOf(Uint8Array.of(0xc0, 0xaf)), undefined);
  assert.equal(textOf(undefined), "");
});
