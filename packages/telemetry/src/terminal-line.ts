/** What a terminal obeys instead of showing it; a stack has line feeds of its own. */
const obeyed = /[\p{Cc}\p{Cf}]/gu;
const obeyedInStack = /(?!\n)[\p{Cc}\p{Cf}]/gu;

/** Deeper than any line. */
const depthMax = 10;

/**
 * A line of JSON as what may be shown on a terminal: strangers choose names, and what Postgres or OpenSSL
 * says repeats what strangers sent.
 */
export const terminalLine = (line: string): unknown => shown(JSON.parse(line), "", 0);

function shown(value: unknown, key: string, depth: number): unknown {
  if (typeof value === "string")
    return value.replaceAll(key === "stack" ? obeyedInStack : obeyed, "\u{fffd}");
  if (typeof value !== "object" || value === null || depth > depthMax) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => shown(item, key, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, shown(field, name, depth + 1)]),
  );
}
