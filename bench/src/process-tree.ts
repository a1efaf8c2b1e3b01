import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** The core of the servers, where there are two. */
export const serverCore = 0;

/** The core of the generator and of all else, where there is more than one. */
export const generatorCore = 1;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Its own time, and that of the children that it has waited for. */
  readonly ticks: number;
}

/** Every process there is. */
function processes(): readonly ProcessStat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
        return [{ pid: Number(pid), parent: Number(fields[1]), ticks }];
      } catch {
        return [];
      }
    });
}

/** These processes and all that descend from them. */
function familyOf(roots: readonly number[]): ReadonlySet<number> {
  const all = processes();
  const family = new Set(roots);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return family;
}

/**
 * Keeps a process, its threads and its descendants on one core, where there are two: then the server and the
 * generator do not take each other's caches. Left out where there is one core, or no taskset(1).
 */
export function pin(root: number, core: number): void {
  if (cpus().length < 2) return;
  for (const pid of familyOf([root])) {
    try {
      execFileSync("taskset", ["-acp", String(core), String(pid)], { stdio: "ignore" });
    } catch {
      return;
    }
  }
}

/** Seconds of CPU, user and kernel, that these processes and their descendants have used so far. */
export function cpuSeconds(roots: readonly number[]): number {
  const family = familyOf(roots);
  const ticks = processes().reduce((sum, stat) => sum + (family.has(stat.pid) ? stat.ticks : 0), 0);
  return ticks / ticksPerSecond;
}

/**
 * Proportional set size of these processes and their descendants, in octets: shared pages are counted once.
 */
export function memoryOctets(roots: readonly number[]): number {
  let kibibytes = 0;
  for (const pid of familyOf(roots)) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      kibibytes += Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return kibibytes * 1024;
}
