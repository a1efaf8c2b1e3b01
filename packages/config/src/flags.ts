import { parseArgs } from "node:util";
import type { ConfigProblem } from "./config-error.ts";
import { flagOf } from "./setting-words.ts";
import { aboutSetting } from "./settings.ts";
import { type Entry, type Source, sortEntries, spellingOf } from "./source.ts";

const spelling = spellingOf({
  wordOf: flagOf,
  pathSuffix: "-file",
  noun: "flag",
  reserved: ["--config", "--help", "--version"],
  hasStructures: false,
});

/** What the command line says, and the config file that it names. */
export interface Flags extends Source {
  readonly configFile: string | undefined;
  readonly isHelpAsked: boolean;
  readonly isVersionAsked: boolean;
}

/** Reads the command line. */
export function readFlags(argv: readonly string[]): Flags {
  const { tokens } = parseArgs({ args: [...argv], options: flagTypes(), strict: false, tokens: true });
  const entries: Entry[] = [];
  const problems: ConfigProblem[] = [];
  let configFile: string | undefined;
  const asked = new Set<string>();
  let unknownAt: number | undefined;
  for (const token of tokens) {
    if (token.kind === "positional") {
      // What follows an unknown flag was meant as its value: one mistake, one problem.
      if (token.index - 1 !== unknownAt) problems.push(stray(token.index));
    } else if (token.kind === "option") {
      const { rawName: word, value } = token;
      if (!isKnown(word)) unknownAt = token.index;
      if (word === "--help" || word === "-h" || word === "--version") asked.add(word);
      else if (value === undefined && takesValue(word)) problems.push(valueMissing(word));
      else if (word === "--config") configFile = value;
      else entries.push({ word, value: value ?? true, where: word });
    }
  }
  const sorted = sortEntries(entries, spelling);
  return {
    given: sorted.given,
    problems: [...problems, ...sorted.problems],
    configFile,
    isHelpAsked: asked.has("--help") || asked.has("-h"),
    isVersionAsked: asked.has("--version"),
  };
}

const isKnown = (word: string): boolean => spelling.words.has(word) || spelling.reserved.includes(word);

function takesValue(word: string): boolean {
  const meaning = spelling.words.get(word);
  return word === "--config" || (meaning !== undefined && aboutSetting(meaning.name).placeholder !== "");
}

function flagTypes(): Record<string, { type: "string" | "boolean" }> {
  const words = ["--config", ...spelling.words.keys()].filter(takesValue);
  return Object.fromEntries(words.map((word) => [word.slice("--".length), { type: "string" }]));
}

// The argument itself is not repeated: it may be a URL with a password that lost its flag.
const stray = (index: number): ConfigProblem => ({
  where: `argument ${index + 1}`,
  what: "It belongs to no flag.",
  remedy: "Every value needs a flag before it; --help lists them.",
});

const valueMissing = (word: string): ConfigProblem => ({
  where: word,
  what: "The value is missing.",
  remedy: `Write ${word} VALUE.`,
});
