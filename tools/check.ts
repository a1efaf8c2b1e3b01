/**
 * `npm run check`: everything that is enforced without running the product. One line a step, its output if it
 * fails.
 */
import { spawnSync } from "node:child_process";
import { delimiter, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

const STEPS: readonly (readonly [name: string, command: string])[] = [
  ["format", "biome ci --colors=off --error-on-warnings ."],
  ["lint", "oxlint --deny-warnings"],
  ["types", "tsc -b"],
  ["types of tests", "tsc -p tests"],
  ["types of tools", "tsc -p tools"],
  ["types of the bench", "tsc -p bench"],
  ["boundaries", "turbo boundaries"],
  ["unused", "knip --no-config-hints"],
  ["unlisted", "knip --strict --no-config-hints"],
  ["tidy", "node tools/tidy.ts"],
  ["rfc references", "node tools/rfc-refs.ts"],
  ["configuration page", "node --conditions=@poplar/source tools/config-docs.ts"],
  ["API page", "node --conditions=@poplar/source tools/api-docs.ts"],
  ["documentation site", "node tools/docs-site.ts"],
];

const env = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}`,
  TURBO_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
};

let failed = 0;
for (const [name, command] of STEPS) {
  const startedAt = performance.now();
  const [program = "", ...args] = command.split(" ");
  const done = spawnSync(program, args, {
    cwd: root,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${done.status === 0 ? "✔" : "✖"} ${name}  ${seconds} s`);
  if (done.status === 0) continue;
  failed += 1;
  console.log(`${command}\n${done.stdout}${done.stderr}${done.error?.message ?? ""}`);
}
if (failed > 0) {
  console.log(`${String(failed)} of ${String(STEPS.length)} checks failed`);
  process.exitCode = 1;
}
