import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Column } from "./column.ts";
import { isDovecotHere, startDovecot } from "./dovecot-under-test.ts";
import { type Curve, growthCurves } from "./growth.ts";
import { pageOf, tableOf } from "./page.ts";
import { startPoplar } from "./poplar-under-test.ts";
import { measureColumn } from "./table.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    seconds: { type: "string", default: "4" },
    runs: { type: "string", default: "3" },
    concurrency: { type: "string", default: "16" },
    popload: { type: "string" },
    profile: { type: "string" },
    growth: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const help = `npm run bench -- [--only TEXT] [--seconds 4] [--runs 3] [--concurrency 16] [--no-peers] [--growth]
                 [--popload PROGRAM] [--profile FOLDER] [--write]

Server CPU for each unit of work, median of the runs, on loopback, beside Dovecot where it is installed.
--only takes the rows whose name has TEXT in it; --growth adds how the cost of a session grows; --popload
makes the load with that program; --profile leaves a CPU profile of each of Poplar's processes in a folder;
--write puts it all into docs/performance.md. Needs redis-server. Figures of a machine that does other things
at the same time are worth nothing.`;

/** So many that the idle connections, each with a maildrop of its own, outweigh what else memory does. */
const logins = 2500;

async function main(): Promise<void> {
  const options = {
    seconds: Number(values.seconds),
    runs: Number(values.runs),
    concurrency: Number(values.concurrency),
    popload: values.popload,
    only: values.only,
    logins,
  };
  const columns: Column[] = [await measureColumn(() => startPoplar(logins, values.profile), options)];
  if (!values["no-peers"] && isDovecotHere()) {
    columns.push(await measureColumn(() => startDovecot(logins, "PLAIN"), options));
  }
  const curves: readonly Curve[] = values.growth ? await growthCurves(options) : [];
  console.log(tableOf(columns, curves));
  if (!values.write) return;
  await writeFile(
    resolve(import.meta.dirname, "../../docs/performance.md"),
    pageOf(columns, curves, options),
  );
}

if (values.help) console.log(help);
else await main();
