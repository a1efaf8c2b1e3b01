import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Lab } from "./lab.ts";

/** The command as it is installed. */
export const launcher = fileURLToPath(new URL("../../apps/cli/bin/poplar.mjs", import.meta.url));

/** What came of a command. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command to run. */
export interface Run {
  readonly args: readonly string[];
  readonly input?: string | Buffer;
  readonly env?: Record<string, string>;
}

/** Runs `poplar` as an operator does, in an environment without settings. */
export async function run({ args, input = "", env = {} }: Run): Promise<Ran> {
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  return { code: child.exitCode, out, err };
}

/** Resolves when it has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** Runs it against the lab. */
export const poplar = (lab: Lab, args: readonly string[], input?: string | Buffer): Promise<Ran> =>
  run({ args: [...args, "--data-dir", lab.dataDir], ...(input === undefined ? {} : { input }) });

/** The same, for what must succeed without a word on standard error. @returns what it said. */
export async function succeed(lab: Lab, args: readonly string[], input?: string | Buffer): Promise<string> {
  const { code, out, err } = await poplar(lab, args, input);
  assert.deepEqual([code, err], [0, ""], args.join(" "));
  return out;
}
