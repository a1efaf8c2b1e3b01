import type { SettingName } from "./config.ts";
import type { ConfigProblem } from "./config-error.ts";
import { nearestName } from "./nearest-name.ts";
import { aboutSetting, settingNames } from "./settings.ts";

/** A value as a source gave it, unchecked. */
export interface Given {
  readonly value: unknown;
  /** The flag, variable, or file, line and key. */
  readonly where: string;
  /** The value is the path of the file that holds the secret. */
  readonly isPath: boolean;
}

/** What one source says. */
export interface Source {
  readonly given: ReadonlyMap<SettingName, Given>;
  readonly problems: readonly ConfigProblem[];
}

/** How a source spells the names of the settings. */
interface SpellingRules {
  readonly wordOf: (name: SettingName) => string;
  /** What follows the name of a secret when a file holds it. */
  readonly pathSuffix: string;
  /** What an operator calls such a name, e.g. `variable`. */
  readonly noun: string;
  /** Names that the source reads itself. */
  readonly reserved: readonly string[];
  /** Whether this source can give lists of structures. */
  readonly hasStructures: boolean;
}

/** What a source understands; made once, for it is looked into for each word that is met. */
export interface Spelling extends Pick<SpellingRules, "noun" | "reserved"> {
  readonly words: ReadonlyMap<string, { readonly name: SettingName; readonly isPath: boolean }>;
}

/** Spells every setting that the source can give. */
export function spellingOf({ wordOf, pathSuffix, hasStructures, ...rules }: SpellingRules): Spelling {
  const words = new Map<string, { name: SettingName; isPath: boolean }>();
  for (const name of settingNames) {
    const { isFileOnly, isSecret } = aboutSetting(name);
    if (isFileOnly && !hasStructures) continue;
    words.set(wordOf(name), { name, isPath: false });
    if (isSecret) words.set(wordOf(name) + pathSuffix, { name, isPath: true });
  }
  return { ...rules, words };
}

/** A word that a source met, and where. */
export interface Entry {
  readonly word: string;
  readonly value: unknown;
  readonly where: string;
}

/** Sorts what a source met into settings and problems. A later entry of the same name wins. */
export function sortEntries(entries: Iterable<Entry>, spelling: Spelling): Source {
  const given = new Map<SettingName, Given>();
  const problems: ConfigProblem[] = [];
  for (const { word, value, where } of entries) {
    const meaning = spelling.words.get(word);
    if (meaning === undefined) {
      problems.push(unknownWord(word, where, spelling));
      continue;
    }
    const other = given.get(meaning.name);
    if (other !== undefined && other.isPath !== meaning.isPath) {
      problems.push({
        where,
        what: `It is given twice: here and as ${other.where}.`,
        remedy: "Keep one of the two.",
      });
    }
    given.set(meaning.name, { value, where, isPath: meaning.isPath });
  }
  return { given, problems };
}

function unknownWord(word: string, where: string, { words, noun, reserved }: Spelling): ConfigProblem {
  const nearest = nearestName(word, [...words.keys(), ...reserved]);
  return {
    where,
    what: `There is no such ${noun}.`,
    remedy: nearest === undefined ? "Remove it; --help lists what there is." : `Did you mean ${nearest}?`,
  };
}
