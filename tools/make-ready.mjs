/**
 * Makes a checkout ready: `node tools/make-ready.mjs STEP…`, in the order in which they are named.
 *
 *   dependencies      the packages of package-lock.json, and the Node that this repository pins
 *   system-packages   the programs that the tests talk to: installed as root on Debian, else named
 *   failover          the same for `npm run test:failover`
 *   kerberos-client   the package `kerberos`, compiled if this machine can
 *   build             TypeScript to dist/, and the console
 *
 * What is ready already costs some milliseconds. Runs on any Node from 18 on: it is what brings the right
 * one. The npm scripts go on with `exec node_modules/.bin/node`, so that no process stands between npm and
 * the server, its signals and its exit code.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDependenciesReady } from "./dependencies.mjs";
import { makeKerberosClientReady } from "./kerberos-client.mjs";
import { makeSystemPackagesReady } from "./system-packages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @type {Readonly<Record<string, (root: string) => void>>} */
const STEPS = {
  dependencies: makeDependenciesReady,
  "system-packages": (at) => makeSystemPackagesReady(at),
  failover: (at) => makeSystemPackagesReady(at, "failover"),
  "kerberos-client": makeKerberosClientReady,
  build,
};

/** @param {string} at */
function build(at) {
  const tsc = join(at, "node_modules", ".bin", "tsc");
  const done = spawnSync(tsc, ["-b"], { cwd: at, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`the build failed\n${done.stdout}${done.stderr}`);
  const page = spawnSync(process.execPath, ["tools/build-console.mjs"], { cwd: at, encoding: "utf8" });
  if (page.status !== 0) throw new Error(`the build of the console failed\n${page.stdout}${page.stderr}`);
}

try {
  for (const name of process.argv.slice(2)) {
    const step = STEPS[name];
    if (step === undefined) throw new Error(`no step "${name}": ${Object.keys(STEPS).join(", ")}`);
    step(root);
  }
} catch (problem) {
  console.error(`poplar: ${problem instanceof Error ? problem.message : String(problem)}`);
  process.exitCode = 1;
}
