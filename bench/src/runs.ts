/** What one run has cost. */
interface Costing {
  readonly cpuPerUnit: number;
}

/**
 * Runs something several times, and once more before that, shorter, to warm up caches and compilers.
 *
 * @returns the median run by CPU.
 */
export async function medianRun<Run extends Costing>(
  { runs, seconds }: { readonly runs: number; readonly seconds: number },
  once: (seconds: number) => Promise<Run>,
): Promise<Run> {
  await once(Math.min(seconds, warmUpSecondsMax));
  const done: Run[] = [];
  while (done.length < runs) done.push(await once(seconds));
  const median = done.toSorted((one, other) => one.cpuPerUnit - other.cpuPerUnit)[Math.floor(runs / 2)];
  if (median === undefined) throw new Error("nothing was measured");
  return median;
}

const warmUpSecondsMax = 2;

/** The part of sorted numbers below which lies so much of them, from 0 to 1. */
export const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
