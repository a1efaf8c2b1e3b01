const tickMs = 10;

/**
 * Sees that something is done within so many milliseconds of this process: those that it computes, or those
 * that it waits. What a busy machine keeps from it does not count, so that such a limit can be a narrow one.
 *
 * Not for the work of another process, which the machine may keep waiting as well.
 */
export async function within<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), tickMs);
  const before = process.cpuUsage();
  const outcome = await work().finally(() => clearInterval(timer));
  const { user, system } = process.cpuUsage(before);
  const tookMs = Math.max(ticks * tickMs, (user + system) / 1000);
  if (tookMs > limitMs) throw new Error(`took ${Math.round(tookMs)} ms, of ${limitMs} at most`);
  return outcome;
}
