/**
 * Are two lists of durations one distribution? Ranks answer that, not values: a machine that is busy now and
 * then adds a lot to a few of both, which moves no rank far.
 */

/**
 * How often a duration of `one` is longer than one of `other`: a half when nobody could tell them apart, 1
 * when always. The statistic of Mann and Whitney over the number of pairs.
 */
export function superiority(one: readonly number[], other: readonly number[]): number {
  const all = [
    ...one.map((value) => ({ value, isOne: true })),
    ...other.map((value) => ({ value, isOne: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    // Equal values share the middle of their ranks, which are counted from 1.
    const middle = (from + 1 + to) / 2;
    for (let at = from; at < to; at += 1) if (all[at]?.isOne === true) ranks += middle;
    from = to;
  }
  const pairs = one.length * other.length;
  return (ranks - (one.length * (one.length + 1)) / 2) / pairs;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/**
 * By how much superiority may miss a half. Chance alone misses it by less than 0.03 with 200 durations each,
 * in two runs of three; a guesser who is right in 70 of 100 pairs would have learned something.
 */
export const MISS_MAX = 0.2;

/** A pair that is not one distribution, in words; `undefined` when every pair is. */
export function whatDiffers(durations: ReadonlyMap<string, readonly number[]>): string | undefined {
  const cases = [...durations];
  for (const [at, [name, one]] of cases.entries()) {
    for (const [otherName, other] of cases.slice(at + 1)) {
      const share = superiority(one, other);
      if (Math.abs(share - 0.5) > MISS_MAX) {
        const percent = Math.round(share * 100);
        const figures = `medians ${median(one).toFixed(4)} and ${median(other).toFixed(4)} ms`;
        return `"${name}" takes longer than "${otherName}" in ${percent} of 100 pairs (${figures})`;
      }
    }
  }
  return undefined;
}
