import { encodeBase64 } from "../base64.ts";

/** So short that a field's name and a word have room in one line of 76. RFC 2047 §2. */
const wordOctetsMax = 30;

/**
 * Text as encoded-words, none of which breaks a character apart, each on a line of its own. RFC 2047 §2,
 * §4.1.
 */
export function encodeWords(text: string): string {
  const encoder = new TextEncoder();
  const words: string[] = [];
  let word: number[] = [];
  for (const character of text) {
    const octets = encoder.encode(character);
    if (word.length + octets.length > wordOctetsMax) {
      words.push(encodedWord(word));
      word = [];
    }
    word.push(...octets);
  }
  if (word.length > 0) words.push(encodedWord(word));
  return words.join("\r\n ");
}

const encodedWord = (octets: readonly number[]): string =>
  `=?UTF-8?B?${encodeBase64(Uint8Array.from(octets))}?=`;
