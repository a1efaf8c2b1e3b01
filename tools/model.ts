// Checks docs/models/maildrop.pml with spin: all of its states without an error, and an error for each
// mutation.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const model = resolve(import.meta.dirname, "../docs/models/maildrop.pml");
const small = ["-DSESSIONS=2", "-DCRASHES=1", "-DLEASE_LOSSES=1"];
const sound = [
  { name: "two sessions, two restarts, two lost leases", defines: ["-DSESSIONS=2"] },
  { name: "failover to a standby that lags", defines: [...small, "-DLAGGING_STANDBY"] },
  {
    name: "three sessions, no faults",
    defines: ["-DSESSIONS=3", "-DCRASHES=0", "-DLEASE_LOSSES=0"],
  },
];
const settings = new Set(["SESSIONS", "CRASHES", "LEASE_LOSSES", "LAGGING_STANDBY"]);
const switches = new Set(readFileSync(model, "utf8").match(/(?<=^#ifn?def )[A-Z_]+$/gm));
const mutations = [...switches].filter((name) => !settings.has(name));

const run = (program: string, parameters: readonly string[], cwd: string): string =>
  execFileSync(program, parameters, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

/** Searches every state; answers how many there are and what was violated, if anything. */
function search(defines: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "poplar-model-"));
  try {
    run("spin", ["-a", ...defines, model], folder);
    run("gcc", ["-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=8000", "-o", "pan", "pan.c"], folder);
    const report = run("./pan", ["-m100000"], folder);
    return {
      states: Number(/^\s*(\d+) states, stored/m.exec(report)?.[1]),
      isComplete: !/out of memory|max search depth too small/i.test(report),
      errors: Number(/errors: (\d+)/.exec(report)?.[1]),
      violation: /assertion violated (.*) \(at depth/.exec(report)?.[1],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let failures = 0;
const say = (isRight: boolean, text: string): void => {
  console.log(`${isRight ? "ok    " : "WRONG "} ${text}`);
  if (!isRight) failures += 1;
};
for (const { name, defines } of sound) {
  const { states, errors, isComplete, violation } = search(defines);
  say(
    errors === 0 && isComplete,
    `${name}: ${states.toLocaleString("en")} states, ${violation ?? "nothing violated"}`,
  );
}
for (const name of mutations) {
  const { violation } = search([...small, `-D${name}`]);
  say(
    violation !== undefined,
    `without its safeguard ${name}: ${violation?.slice(0, 70) ?? "nothing was found"}`,
  );
}
console.log(`${sound.length + mutations.length - failures} passed, ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
