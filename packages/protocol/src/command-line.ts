import { SPACE } from "./octets.ts";

/** A command as it came: keyword and, after one space, the rest of the line. RFC 1939 §3. */
export interface CommandLine {
  /** In upper case: keywords are case-insensitive. */
  readonly keyword: string;
  /** Octets after the first space, unchanged; `undefined` when there was no space. */
  readonly argument: Uint8Array | undefined;
}

/**
 * RFC 1939 §3: keywords have three or four characters. Some room for those that others invented; more is
 * none.
 */
const keywordOctetsMax = 12;

const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
const CASE = 0x20;

/** Splits a line. Never fails: what is no keyword is an unknown one. */
export function parseCommandLine(line: Uint8Array): CommandLine {
  const space = line.indexOf(SPACE);
  const end = space === -1 ? line.length : space;
  return {
    keyword: end > keywordOctetsMax ? "" : upperCase(line, end),
    argument: space === -1 ? undefined : line.subarray(space + 1),
  };
}

/** Only ASCII letters have a case here: `toUpperCase` would make "PASS" out of "pa" and an 8-bit sharp s. */
function upperCase(octets: Uint8Array, end: number): string {
  let text = "";
  for (let at = 0; at < end; at += 1) {
    const octet = octets[at] ?? 0;
    text += String.fromCharCode(octet >= LOWER_A && octet <= LOWER_Z ? octet - CASE : octet);
  }
  return text;
}

/** Where an argument ends. Spaces behind it are forgiven, except to PASS: some clients send them. */
function endOf(argument: Uint8Array): number {
  let end = argument.length;
  while (end > 0 && argument[end - 1] === SPACE) end -= 1;
  return end;
}

/** True where nothing was said after the keyword. */
export const isEmpty = (argument: Uint8Array | undefined): boolean =>
  argument === undefined || endOf(argument) === 0;

/**
 * The words of an argument, which single spaces separate (RFC 1939 §3): two spaces have an empty word between
 * them. Octets become characters of the same value, so 8-bit octets are no digits.
 */
export function wordsOf(argument: Uint8Array | undefined): readonly string[] {
  if (argument === undefined) return [];
  const end = endOf(argument);
  if (end === 0) return [];
  const words: string[] = [];
  let word = "";
  for (let at = 0; at < end; at += 1) {
    const octet = argument[at] ?? 0;
    if (octet === SPACE) {
      words.push(word);
      word = "";
    } else word += String.fromCharCode(octet);
  }
  words.push(word);
  return words;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An argument as text, without spaces behind it; `undefined` where the octets are not UTF-8. */
export function textOf(argument: Uint8Array | undefined): string | undefined {
  if (argument === undefined) return "";
  try {
    return UTF8.decode(argument.subarray(0, endOf(argument)));
  } catch {
    return undefined;
  }
}
