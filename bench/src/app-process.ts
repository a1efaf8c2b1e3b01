import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@poplar/testkit";
import type { Inspectable } from "./collect-garbage.ts";

const repository = resolve(import.meta.dirname, "../..");

/** Where an app's process belongs. */
export interface AppScope {
  /** Ends it. */
  readonly stack: AsyncDisposableStack;
  /** A folder for a CPU profile; absent: none is made. */
  readonly profileDir?: string | undefined;
}

/**
 * Starts an app as it is built, with settings from its environment.
 *
 * @returns its process, when it says that it is ready.
 */
export async function startApp(
  app: string,
  settings: Readonly<Record<string, string>>,
  { stack, profileDir }: AppScope,
): Promise<Inspectable> {
  const inspectPort = await freePort();
  const profiled = profileDir === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", resolve(profileDir, app)];
  const program = join(repository, `apps/${app}/dist/main.js`);
  const child = spawn(
    process.execPath,
    [`--inspect-port=127.0.0.1:${inspectPort}`, "--inspect-publish-uid=http", ...profiled, program],
    {
      env: { PATH: process.env["PATH"], ...settings },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  stack.defer(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  // Its log is read and thrown away, as a log shipper would.
  child.stdout?.resume();
  const ready = `http://127.0.0.1:${settings["POPLAR_HTTP_PORT"]}/health/ready`;
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) break;
    const answer = await fetch(ready).catch(() => undefined);
    if (answer?.ok === true) return { pid: child.pid ?? 0, inspectPort };
    await delay(100);
  }
  throw new Error(`${app} did not become ready`);
}
