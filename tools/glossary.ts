/**
 * The words in `code` of the last column of docs/glossary.md: identifiers that nobody writes here.
 *
 * A vertical bar inside a cell would break the table for readers, too, and is not looked for.
 */
export function bannedIdentifiers(glossary: string): readonly string[] {
  const cells = glossary
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").at(-2) ?? "");
  const words = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word));
  return [...new Set(words)].toSorted();
}

const RULE = /"id-denylist": \[[^\]]*\]/;

/** The linter's settings with the rule that refuses these identifiers. */
export function withDenylist(settings: string, words: readonly string[]): string {
  if (!RULE.test(settings)) throw new Error('no "id-denylist" in the settings of the linter');
  const list = ["error", ...words].map((word) => `      ${JSON.stringify(word)}`).join(",\n");
  return settings.replace(RULE, `"id-denylist": [\n${list}\n    ]`);
}
