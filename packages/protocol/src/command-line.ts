import type { Fault } from "./fault.ts";
import { SPACE } from "./octets.ts";

/** A command as it came: keyword and, after one space, the rest of the line. RFC 1939 §3. */
export interface CommandLine {
  /** In upper case: keywords are case-insensitive. */
  readonly keyword: string;
  /** Octets after the first space, unchanged; `undefined` when there was no space. */
  readonly argument: Uint8Array | undefined;
}

/** RFC 1939 §3: keywords have three or four characters; RFC 2449 allows longer ones. More is not a command. */
const keywordOctetsMax = 12;

/** Splits a line. Never fails: what is no keyword is an unknown one. */
export function parseCommandLine(line: Uint8Array): CommandLine {
  const space = line.indexOf(SPACE);
  const keyword = space === -1 ? line : line.subarray(0, space);
  return {
    keyword: keyword.length > keywordOctetsMax ? "" : ascii(keyword).toUpperCase(),
    argument: space === -1 ? undefined : line.subarray(space + 1),
  };
}

/** Octets as characters of the same value; 8-bit octets become characters that no keyword or number has. */
const ascii = (octets: Uint8Array): string => String.fromCharCode(...octets);

/**
 * The words of an argument, for all commands but PASS. Spaces at the end are forgiven: some clients send them.
 *
 * @returns `undefined` when words are not separated by single spaces, as RFC 1939 §3 wants.
 */
export function wordsOf(argument: Uint8Array | undefined): readonly string[] | undefined {
  const text = argument === undefined ? "" : ascii(argument).trimEnd();
  if (text === "") return [];
  const words = text.split(" ");
  return words.includes("") ? undefined : words;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text in UTF-8, or `undefined` where the octets are not. */
export function utf8Of(octets: Uint8Array): string | undefined {
  try {
    return UTF8.decode(octets);
  } catch {
    return undefined;
  }
}

export const syntax = (detail: string): Fault => ({ fault: "syntax", detail });
