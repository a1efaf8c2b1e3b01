import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isDovecotHere, startDovecot } from "./dovecot-under-test.ts";
import { idleOctets } from "./idle.ts";
import { deliverMail } from "./mail-seed.ts";
import { type Figure, measure } from "./measure.ts";
import { startPoplar } from "./poplar-under-test.ts";
import { type Mail, type Scenario, scenarios } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    seconds: { type: "string", default: "4" },
    runs: { type: "string", default: "3" },
    concurrency: { type: "string", default: "16" },
    profile: { type: "string" },
    write: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const logins = 500;
const options = {
  seconds: Number(values.seconds),
  runs: Number(values.runs),
  concurrency: Number(values.concurrency),
};

async function main(): Promise<void> {
  const chosen = scenarios.filter(({ name }) => name.includes(values.only ?? ""));
  const columns: Column[] = [await column(() => startPoplar(logins, values.profile), chosen)];
  if (!values["no-peers"] && isDovecotHere()) {
    columns.push(await column(() => startDovecot(logins, "PLAIN"), chosen));
  }
  const table = tableOf(chosen, columns);
  console.log(table);
  if (values.write) await writeFile(resolve(import.meta.dirname, "../../docs/performance.md"), pageOf(table));
}

interface Column {
  readonly name: string;
  readonly figures: ReadonlyMap<string, Figure>;
  /** Octets of memory, by row. */
  readonly idle: ReadonlyMap<string, number>;
}

async function column(start: () => Promise<ServerUnderTest>, chosen: readonly Scenario[]): Promise<Column> {
  await using server = await start();
  const figures = new Map<string, Figure>();
  const seeded = new Set<Mail>();
  for (const scenario of chosen) {
    if (scenario.isDrain !== true && !seeded.has(scenario.mail)) {
      await deliverMail(server, scenario.mail);
      seeded.add(scenario.mail);
    }
    const figure = await measure(server, scenario, options);
    figures.set(scenario.name, figure);
    console.error(`${server.name}: ${scenario.name}: ${words(scenario, figure)}${split(scenario, figure)}`);
  }
  const idle = new Map<string, number>();
  for (const [name, isTls] of idleRows) {
    if (!name.includes(values.only ?? "")) continue;
    idle.set(name, await idleOctets(server, isTls, logins));
    console.error(`${server.name}: ${name}: ${kilobytes(idle.get(name))}`);
  }
  return { name: server.name, figures, idle };
}

/** Connections that are logged in and say nothing. */
const idleRows = [
  ["idle connection, plain", false],
  ["idle connection, TLS", true],
] as const;

const kilobytes = (octets: number | undefined): string =>
  octets === undefined ? "" : `${(octets / 1024).toFixed(1)} KB`;

/** Milliseconds a session or message, seconds a gigabyte. */
function words(scenario: Scenario, { cpuPerUnit, loginP99Ms, resumedShare }: Figure): string {
  const cost = scenario.unit === "GB" ? `${cpuPerUnit.toFixed(2)} s` : `${(cpuPerUnit * 1000).toFixed(3)} ms`;
  const resumed = scenario.tls === "resumed" ? `, ${Math.round(resumedShare * 100)}% resumed` : "";
  return `${cost} (login p99 ${loginP99Ms.toFixed(1)} ms${resumed})`;
}

/** What each part takes of it. */
function split({ unit }: Scenario, { cpuByPart }: Figure): string {
  if (cpuByPart.size < 2) return "";
  const factor = unit === "GB" ? 1 : 1000;
  const parts = [...cpuByPart].map(([name, seconds]) => `${name} ${(seconds * factor).toFixed(3)}`);
  return `; ${parts.join(", ")}`;
}

function tableOf(chosen: readonly Scenario[], columns: readonly Column[]): string {
  const rows = chosen.map((scenario) => {
    const cells = columns.map(({ figures }) => {
      const figure = figures.get(scenario.name);
      return figure === undefined ? "" : words(scenario, figure);
    });
    return `| ${[scenario.name, scenario.unit, ...cells].join(" | ")} |`;
  });
  for (const [name] of idleRows) {
    const cells = columns.map(({ idle }) => kilobytes(idle.get(name)));
    if (cells.some((cell) => cell !== "")) rows.push(`| ${[name, "connection", ...cells].join(" | ")} |`);
  }
  const head = ["work", "for each", ...columns.map(({ name }) => name)];
  return [`| ${head.join(" | ")} |`, `|${head.map(() => " --- |").join("")}`, ...rows].join("\n");
}

const pageOf = (table: string): string => `# Performance

Made by \`npm run bench -- --write\`; not edited by hand.

CPU of one core, user and kernel, over all processes that serve: front end, Postgres and Redis for Poplar; all
of Dovecot's for Dovecot. Median of ${options.runs} runs of ${options.seconds} s each, ${options.concurrency} sessions
at once, generator on the same machine: ${cpus().length} cores of ${cpus()[0]?.model ?? "unknown"},
${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}. Wall-clock figures on a shared machine
move by a factor of two; CPU for each unit of work by about a tenth.

${table}
`;

if (values.help) {
  console.log(`npm run bench -- [--only TEXT] [--seconds 4] [--runs 3] [--concurrency 16] [--no-peers] [--profile FOLDER] [--write]

Server CPU for each unit of work, median of the runs, on loopback. --only takes the scenarios whose name
has TEXT in it; --profile leaves a CPU profile of each of Poplar's processes in a folder; --write puts the table into docs/performance.md. Needs a built checkout (npm run build) and redis-server.`);
} else {
  await main();
}
