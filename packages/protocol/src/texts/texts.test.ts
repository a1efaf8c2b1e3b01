import assert from "node:assert/strict";
import { test } from "node:test";
import { EN } from "./en.ts";
import { LANGUAGE_LINES, LANGUAGES, Speech } from "./speech.ts";
import { statusOf } from "./status.ts";
import type { TextKey } from "./text-key.ts";

const KEYS = Object.keys(EN.texts).filter((key): key is TextKey => key in EN.texts);

const valuesIn = (text: string): readonly string[] => (text.match(/\{[^}]*\}/g) ?? []).toSorted();

for (const language of LANGUAGES) {
  test(`${language.tag} lacks no text and has none too many (RFC 6856 §3.2)`, () => {
    assert.deepEqual(Object.keys(language.texts).toSorted(), KEYS.toSorted());
    for (const key of KEYS) assert.notEqual(language.texts[key].trim(), "", key);
  });

  test(`${language.tag} puts every value in, and one that stands first in English first`, () => {
    for (const key of KEYS) {
      const text = language.texts[key];
      assert.deepEqual(valuesIn(text), valuesIn(EN.texts[key]), key);
      if (EN.texts[key].startsWith("{0}")) assert.ok(text.startsWith("{0}"), key);
    }
  });

  test(`${language.tag}: no line is longer than 512 octets or could be read as something else (RFC 2449 §3, §8)`, () => {
    const speech = new Speech(language);
    for (const key of KEYS) {
      const line = speech.lastLine({ key, values: ["9".repeat(40), "9".repeat(16)] });
      assert.ok(Buffer.byteLength(line) <= 512, key);
      assert.match(line, /^[^\p{Cc}]*\r\n$/u, key);
      assert.doesNotMatch(language.texts[key], /^\[|^\s|\s$/, key);
      assert.ok(line.startsWith(`${statusOf(key)} `), key);
    }
  });
}

test("a reply that holds nothing but its text is made once", () => {
  const [english] = LANGUAGES.map((language) => new Speech(language));
  assert.equal(english?.line({ key: "bye" }), "+OK bye\r\n");
  assert.equal(english?.line({ key: "messages", values: [2, 320] }), "+OK 2 messages (320 octets)\r\n");
  assert.equal(english?.line({ line: "+OK 2 320" }), "+OK 2 320\r\n");
  assert.equal(english?.text({ key: "bad-credentials" }), "invalid name or password");
});

test("each line of the list is a tag and a description", () => {
  for (const line of LANGUAGE_LINES) assert.match(line, /^[a-z-]+ \S.*$/u);
});
