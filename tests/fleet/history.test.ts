import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { runHistory } from "./history-run.ts";

test("a fleet keeps its promises while each of its parts is killed, paused, restarted or cut off (P1–P5, P8)", async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const report = await runHistory({ seconds: 15, clients: 16, maildrops: 6, seed, pop3: 4, lmtp: 2 });
  t.diagnostic(JSON.stringify({ troubles: report.troubles, operations: report.operations }));
  assert.deepEqual(report.violations, []);
  // What the run was to show has happened at all.
  for (const name of [
    "deliver acknowledged",
    "quit acknowledged",
    "mark acknowledged",
    "login acknowledged",
  ]) {
    assert((report.operations[name] ?? 0) > 20, `${name}: ${report.operations[name]}`);
  }
});
