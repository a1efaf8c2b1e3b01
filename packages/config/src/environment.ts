import { variableOf } from "./setting-words.ts";
import { type Source, sortEntries, spellingOf } from "./source.ts";

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const spelling = spellingOf({
  wordOf: variableOf,
  pathSuffix: "_FILE",
  noun: "variable",
  reserved: ["POPLAR_CONFIG"],
  hasStructures: false,
});

/** Reads the variables that begin with `POPLAR_`. An empty one counts as absent, as in Compose files. */
export function readEnvironment(env: Environment): Source & { readonly configFile: string | undefined } {
  const entries = Object.entries(env)
    .filter(([word, value]) => word.startsWith("POPLAR_") && word !== "POPLAR_CONFIG" && value)
    .map(([word, value]) => ({ word, value, where: word }));
  return { ...sortEntries(entries, spelling), configFile: env["POPLAR_CONFIG"] || undefined };
}
