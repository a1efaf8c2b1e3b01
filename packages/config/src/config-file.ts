import { readFileSync } from "node:fs";
import { isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLMap } from "yaml";
import type { ConfigProblem } from "./config-error.ts";
import { keyOf } from "./setting-words.ts";
import { type Entry, type Source, sortEntries, spellingOf } from "./source.ts";
import { reasonOf } from "./unreadable-file.ts";

const spelling = spellingOf({
  wordOf: keyOf,
  pathSuffix: "-file",
  noun: "key",
  reserved: [],
  hasStructures: true,
});

/** Reads a YAML file of one flat map. A key without a value counts as absent. */
export function readConfigFile(path: string): Source {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (err) {
    return refuse([
      {
        where: path,
        what: `The config file ${reasonOf(err)}.`,
        remedy: "Correct --config or POPLAR_CONFIG, or the file's permissions.",
      },
    ]);
  }
  return readYaml(text, path);
}

function readYaml(text: string, path: string): Source {
  const lines = new LineCounter();
  // A code frame would print the line, and with it perhaps a password.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number): string => `${path}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    return refuse(
      document.errors.map(({ code, pos }) => ({
        where: lineOf(pos[0]),
        what: `This is not YAML (${code.toLowerCase().replaceAll("_", " ")}).`,
        remedy: "Write one `key: value` a line.",
      })),
    );
  }
  if (document.contents === null) return refuse([]);
  if (!isMap(document.contents)) {
    return refuse([
      { where: path, what: "The file is not a map.", remedy: "Write one `key: value` a line." },
    ]);
  }
  try {
    return sortEntries(entriesOf(document.contents, lineOf), spelling);
  } catch {
    // The only thing that `toJSON` refuses is an alias that it cannot, or will not, follow.
    return refuse([{ where: path, what: "An alias leads nowhere.", remedy: "Write the value out." }]);
  }

  function entriesOf(map: YAMLMap, locate: (offset: number) => string): Entry[] {
    return map.items.flatMap(({ key, value }): Entry[] => {
      const word = isScalar(key) ? String(key.value) : "(a structure)";
      const given: unknown = isNode(value) ? value.toJS(document) : undefined;
      if (given === null || given === undefined) return [];
      const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
      return [{ word, value: given, where: `${locate(offset)} ${word}` }];
    });
  }
}

const refuse = (problems: readonly ConfigProblem[]): Source => ({ given: new Map(), problems });
