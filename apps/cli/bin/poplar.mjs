#!/usr/bin/env node
// Starts the command line on the Node that the project pins, whatever Node runs this file (18 or newer).
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** @param {string} relative */
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const nodeMajorMin = 24;
const pinned = [path("../../../node_modules/.bin/node"), path("../node_modules/.bin/node")].find((file) =>
  existsSync(file),
);
const isOwnNodeNewEnough = Number.parseInt(process.versions.node, 10) >= nodeMajorMin;
if (pinned === undefined && !isOwnNodeNewEnough) {
  console.error(
    `poplar needs Node ${nodeMajorMin} or newer: run npm install in the checkout, which brings it.`,
  );
  process.exit(1);
}

const source = path("../src/main.ts");
const program = existsSync(source) ? ["--conditions=@poplar/source", source] : [path("../dist/main.js")];
const child = spawn(pinned ?? process.execPath, [...program, ...process.argv.slice(2)], {
  stdio: "inherit",
  // Halves the time to the first answer. Where the folder cannot be written, Node does without.
  // oxlint-disable-next-line node/no-process-env -- handed on as it is; what is Poplar's of it, config reads
  env: { NODE_COMPILE_CACHE: path("../../../node_modules/.cache/poplar"), ...process.env },
});

// The terminal sends SIGINT to the child too: what it means is the child's business. Others come here only.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
process.on("SIGHUP", () => child.kill("SIGHUP"));
child.on("error", (err) => {
  console.error(`poplar could not start: ${err.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
