import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureEmbedded } from "./embedded.ts";
import { type Curve, growthCurves } from "./growth.ts";
import { pageOf, type Results, textOf } from "./page.ts";
import { generatorCore, pin } from "./process-tree.ts";
import { measureSlowReading } from "./slow-reader.ts";
import { Table, type TableOptions } from "./table.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    seconds: { type: "string", default: "4" },
    runs: { type: "string", default: "3" },
    concurrency: { type: "string", default: "16" },
    key: { type: "string", default: "rsa" },
    popload: { type: "string" },
    profile: { type: "string" },
    growth: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const help = `npm run bench -- [--only TEXT] [--seconds 4] [--runs 3] [--concurrency 16] [--key rsa|ec] [--no-peers]
                 [--growth] [--popload PROGRAM] [--profile FOLDER] [--write]

What a unit of work costs the server in CPU, all of its processes together, median of the runs, on loopback:
Poplar, beside it Dovecot where it is installed and this is root, and a null server with canned answers. Each
row is measured on one server after the other. Progress goes to standard error, the tables to standard output.

  --only TEXT         the row of this name, or else the rows with this in their names; nothing else
  --seconds, --runs   length and number of the runs of a row; a shorter one before them warms up
  --concurrency       sessions at once
  --key               of the certificates: rsa (2048 bits) or ec (P-256)
  --no-peers          without Dovecot
  --growth            also: how the cost of a session grows with messages, sessions and maildrops, memory
                      under slow readers, and the embedded mode of npm start
  --popload PROGRAM   makes the load with popload, which checks every octet
  --profile FOLDER    leaves a CPU profile of each of Poplar's processes there
  --write             puts all of it into docs/performance.md; refused with --only

A full run (--growth, three runs of 4 s) takes some twenty minutes on two cores, 2 GB of memory and 3 GB below
TMPDIR. It ends with status 1 when a cell could not be measured, after all others were. Needs redis-server and
openssl. Figures of a machine that does other things at the same time are worth nothing.`;

async function main(): Promise<void> {
  if (values.write && values.only !== "") throw new Error("--write wants all rows: leave --only out");
  // What is started here and is no server stays off the servers' core.
  pin(process.pid, generatorCore);
  const options: TableOptions = {
    seconds: Number(values.seconds),
    runs: Number(values.runs),
    concurrency: Number(values.concurrency),
    keyKind: values.key === "ec" ? "ec" : "rsa",
    popload: values.popload,
    profileDir: values.profile,
    only: values.only,
    hasPeers: !values["no-peers"],
  };
  const table = new Table(options);
  await table.measure();
  const more = values.growth ? await measureMore(options, table.failures) : nothingMore;
  const results: Results = { columns: table.columns, ...more };
  console.log(textOf(results));
  if (values.write) {
    const page = resolve(import.meta.dirname, "../../docs/performance.md");
    await writeFile(page, pageOf(results, options));
  }
  if (table.failures.length > 0) {
    console.error(`\nnot measured:\n${table.failures.join("\n")}`);
    process.exitCode = 1;
  }
}

const nothingMore = { curves: [], slowReading: undefined, embedded: undefined };

/** What stands below the table. What cannot be measured is missing there, and no reason to lose the rest. */
async function measureMore(options: TableOptions, failures: string[]): Promise<Omit<Results, "columns">> {
  const attempt = async <T>(name: string, measureIt: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await measureIt();
    } catch (error) {
      failures.push(`${name}: ${String(error)}`);
      return undefined;
    }
  };
  const embedded = await attempt("embedded", async () => measureEmbedded(options));
  const slowReading = await attempt("slow readers", async () => measureSlowReading(options.keyKind));
  const curves: Curve[] = [];
  for (const [name, measureCurve] of growthCurves) {
    const curve = await attempt(name, async () => measureCurve(options));
    if (curve !== undefined) curves.push(curve);
  }
  return { embedded, slowReading, curves };
}

if (values.help) console.log(help);
else await main();
