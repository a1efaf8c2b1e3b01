import { encodeBase64 } from "../base64.ts";

/** So short that a field's name and a word have room in one line of 76. RFC 2047 §2. */
const wordOctetsMax = 30;

/**
 * Text as encoded-words, none of which breaks a character apart, each on a line of its own. RFC 2047 §2,
 * §4.1.
 */
export function encodeWords(text: string): string {
  // In one go: a stranger may send headers of megabytes.
  const octets = new TextEncoder().encode(text);
  const words: string[] = [];
  for (let from = 0; from < octets.length; ) {
    let until = Math.min(from + wordOctetsMax, octets.length);
    while (isWithinCharacter(octets[until])) until -= 1;
    words.push(`=?UTF-8?B?${encodeBase64(octets.subarray(from, until))}?=`);
    from = until;
  }
  return words.join("\r\n ");
}

/** RFC 3629 §3. */
const isWithinCharacter = (octet: number | undefined): boolean =>
  octet !== undefined && octet >= 0x80 && octet < 0xc0;
