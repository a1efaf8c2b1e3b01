import { SPACE } from "../octets.ts";

const BACKSLASH = 0x5c;

/**
 * The words of an argument, which single spaces separate; behind a backslash a space or a backslash is part
 * of a word. RFC 937, Quoting.
 *
 * @returns `undefined` where nothing is behind the last backslash.
 */
export function quotedWords(argument: Uint8Array | undefined): readonly Uint8Array[] | undefined {
  if (argument === undefined) return [];
  const words: Uint8Array[] = [];
  let word: number[] = [];
  for (let at = 0; at < argument.length; at += 1) {
    const octet = argument[at] ?? 0;
    if (octet === SPACE) {
      words.push(Uint8Array.from(word));
      word = [];
    } else if (octet === BACKSLASH) {
      at += 1;
      const quoted = argument[at];
      if (quoted === undefined) return undefined;
      word.push(quoted);
    } else word.push(octet);
  }
  words.push(Uint8Array.from(word));
  return words;
}
