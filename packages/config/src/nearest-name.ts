/** The known name that the given one was probably meant to be: at most a third of its letters differ. */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  // Nobody mistypes hundreds of letters; the distance costs their square.
  if (given.length > 100) return undefined;
  let nearest: string | undefined;
  let differencesMax = Math.floor(given.length / 3);
  for (const name of known) {
    const differences = editDistance(given, name);
    if (differences > differencesMax) continue;
    nearest = name;
    differencesMax = differences - 1;
  }
  return nearest;
}

/** Levenshtein: insertions, deletions and replacements between the two. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const letter of from) {
    const next = [(row[0] ?? 0) + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const [above = 0, diagonal = 0, left = 0] = [row[column], row[column - 1], next[column - 1]];
      next.push(Math.min(above + 1, left + 1, diagonal + (letter === to[column - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
