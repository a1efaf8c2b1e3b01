/**
 * Runs the tests: `node tools/test.ts [--unit] [PATH…]`. A path narrows the run to the files that contain it.
 *
 * Ends with the line `N passed, N failed` over everything.
 */
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { matchesGlob, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type FileReport, runTestFile } from "./test-file.ts";

interface Phase {
  readonly name: string;
  readonly files: readonly string[];
  /** Files at a time. */
  readonly concurrency: number;
  /** For one file. */
  readonly timeoutSeconds: number;
}

/** Rooms whose tests need no service. Every other test talks to a real one. */
const UNIT = "{packages/{auth,config,maildrop,operations,protocol,sasl,telemetry}/src,tools}/**/*.test.ts";
const ALL = "{packages,apps,tests,tools}/**/*.test.ts";
/** Each times whole servers, or breaks them under load: beside others that would mean nothing. */
const ALONE = [
  "tests/fleet/**/*.test.ts",
  "tests/standalone/{kill,load,postgres,sessions,start,workers}.test.ts",
  "tests/auth/timing.test.ts",
  "tests/infra/{alerts,upgrade}.test.ts",
  "tests/kerberos/fleet.test.ts",
];
/** They wait for minutes, for alerts and for hosts to be missed: `npm run test:alerts`, `test:failover`. */
const ON_DEMAND = "tests/{failover/failover,infra/alerts-of-a-server}.test.ts";

const root = resolve(import.meta.dirname, "..");
// Each file is a process and starts others: what Node makes of a source is kept for the next of them.
process.env["NODE_COMPILE_CACHE"] ??= resolve(root, "node_modules/.cache/poplar");
const { values, positionals } = parseArgs({
  options: {
    unit: { type: "boolean", default: false },
    "on-demand": { type: "boolean", default: false },
  },
  allowPositionals: true,
});

let passed = 0;
const failed: { readonly file: string; readonly report: FileReport }[] = [];
const unit = testFiles(UNIT);
await runPhase({ name: "unit", files: unit, concurrency: availableParallelism(), timeoutSeconds: 180 });
if (!values.unit) {
  // Real Postgres, Redis, sockets and clients: few at a time, so that time limits in them mean something.
  const alone = testFiles(...ALONE);
  const files = testFiles(ALL).filter((file) => !unit.includes(file) && !alone.includes(file));
  await runPhase({ name: "integration", files, concurrency: 2, timeoutSeconds: 600 });
  await runPhase({ name: "under load, one at a time", files: alone, concurrency: 1, timeoutSeconds: 600 });
}
finish();

function testFiles(...patterns: readonly string[]): readonly string[] {
  return globSync([...patterns], { cwd: root, exclude: ["**/node_modules/**", "**/dist/**"] })
    .filter((file) => values["on-demand"] === matchesGlob(file, ON_DEMAND))
    .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
    .toSorted();
}

async function runPhase({ name, files, concurrency, timeoutSeconds }: Phase): Promise<void> {
  if (files.length === 0) return;
  console.log(`\n${name}`);
  // One iterator, shared: each lane takes the next file when it is done with its last.
  const queue = files.values();
  const lane = async (): Promise<void> => {
    for (const file of queue) report(file, await runTestFile(resolve(root, file), timeoutSeconds));
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

function report(file: string, result: FileReport): void {
  passed += result.passed;
  const mark = result.failed > 0 ? "✖" : "✔";
  console.log(`  ${mark} ${file}  ${counted(result.passed, result.failed)}  ${result.seconds.toFixed(1)} s`);
  for (const reason of result.skipped) console.log(`    skipped: ${reason}`);
  if (result.failed > 0) failed.push({ file, report: result });
}

function finish(): void {
  for (const { file, report: result } of failed) {
    console.log(`\n✖ ${file}`);
    for (const failure of result.failures) console.log(indented(failure));
    if (result.output !== "")
      console.log(`  it wrote:\n${result.output.slice(-8_000).replaceAll(/^/gm, "    ")}`);
  }
  const sum = failed.reduce((total, { report: { failed: count } }) => total + count, 0);
  console.log(`\n${counted(passed, sum)}`);
  process.exitCode = sum === 0 && passed > 0 ? 0 : 1;
}

function counted(passes: number, failures: number): string {
  return `${String(passes)} passed, ${String(failures)} failed`;
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "    ");
}
