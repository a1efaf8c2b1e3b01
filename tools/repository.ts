import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder of the repository. */
export const root: string = resolve(import.meta.dirname, "..");

/** A file of the repository, path relative to its root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What git knows, and what it would add: everything but the ignored. */
export function repositoryFiles(): readonly SourceFile[] {
  const list = git(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
  return list
    .split("\0")
    .filter((path) => path !== "")
    .flatMap((path) => {
      const text = readText(path);
      return text === undefined ? [] : [{ path, text }];
    });
}

/** Files that git would add, but does not know yet. */
export function untrackedFiles(): readonly string[] {
  return git(["ls-files", "-z", "--others", "--exclude-standard"])
    .split("\0")
    .filter((path) => path !== "");
}

function git(args: readonly string[]): string {
  const done = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}${done.error?.message ?? ""}`);
  return done.stdout;
}

/** The text of a file; `undefined` when it is binary, a folder, or removed in the work tree. */
function readText(path: string): string | undefined {
  try {
    const octets = readFileSync(join(root, path));
    return octets.includes(0) ? undefined : octets.toString("utf8");
  } catch {
    return undefined;
  }
}
