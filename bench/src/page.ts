import { cpus, totalmem } from "node:os";
import { type Column, deliveryRow, idleRows } from "./column.ts";
import type { Curve } from "./growth.ts";
import type { Figure, MeasureOptions } from "./measure.ts";
import { type Scenario, scenarios } from "./scenario.ts";

type Unit = Pick<Scenario, "unit">;

/** Octets as people read them. */
export const kilobytes = (octets: number | undefined): string =>
  octets === undefined ? "" : `${(octets / 1024).toFixed(1)} KB`;

/** Milliseconds a session or message, seconds a gigabyte. */
const costWords = ({ unit }: Unit, seconds: number): string =>
  unit === "GB" ? `${seconds.toFixed(2)} s` : `${(seconds * 1000).toFixed(3)} ms`;

/** A figure as a cell of the table. */
export function figureWords(scenario: Unit & Partial<Scenario>, figure: Figure): string {
  const resumed = scenario.tls === "resumed" ? `, ${Math.round(figure.resumedShare * 100)}% resumed` : "";
  return `${costWords(scenario, figure.cpuPerUnit)} (p99 ${figure.loginP99Ms.toFixed(1)} ms${resumed})`;
}

/** What each part of a server takes of it. */
export function partWords(scenario: Unit, { cpuByPart }: Figure): string {
  if (cpuByPart.size < 2) return "";
  return `; ${[...cpuByPart].map(([name, seconds]) => `${name} ${costWords(scenario, seconds)}`).join(", ")}`;
}

/** The rows that were measured, and the curves behind them, in Markdown. */
export function tableOf(columns: readonly Column[], curves: readonly Curve[]): string {
  const rows: string[][] = [];
  const figureRows: readonly (Unit & Partial<Scenario> & { readonly name: string })[] = [
    ...scenarios,
    { name: deliveryRow, unit: "message" },
  ];
  for (const scenario of figureRows) {
    const figures = columns.map((column) => column.figures.get(scenario.name));
    if (figures.every((figure) => figure === undefined)) continue;
    const cells = figures.map((figure) => (figure === undefined ? "" : figureWords(scenario, figure)));
    rows.push([scenario.name, scenario.unit, ...cells, shareOf(figures.map((figure) => figure?.cpuPerUnit))]);
  }
  for (const name of idleRows.keys()) {
    const octets = columns.map(({ idle }) => idle.get(name));
    if (octets.every((each) => each === undefined)) continue;
    rows.push([name, "connection", ...octets.map(kilobytes), shareOf(octets)]);
  }
  const table = markdown(["work", "for each", ...columns.map(({ name }) => name), "share"], rows);
  return [table, ...curves.map(curveOf)].join("\n\n");
}

/** The first of two figures as a share of the second. */
const shareOf = ([own, peer]: readonly (number | undefined)[]): string =>
  own === undefined || peer === undefined || peer <= 0 ? "" : `${Math.round((own / peer) * 100)}%`;

function curveOf({ name, by, points }: Curve): string {
  const head = [by, ...points.map(({ size }) => size.toLocaleString("en"))];
  const cells = points.map(({ seconds }) => costWords({ unit: "session" }, seconds));
  return markdown(head, [[name, ...cells]]);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** `docs/performance.md`. */
export function pageOf(
  columns: readonly Column[],
  curves: readonly Curve[],
  { runs, seconds, concurrency, popload }: MeasureOptions,
): string {
  const generator =
    popload === undefined ? "the generator of `bench/`" : "`popload`, which checks every octet";
  return `# Performance

Made by \`npm run bench -- --write\`; not edited by hand. What it means: [notes](performance-notes.md).

CPU of one core, user and kernel, over all processes that serve: front end, Postgres and Redis for Poplar,
all of Dovecot's for Dovecot, tuned as its operators do. In brackets the 99th percentile from connecting to
the answer to PASS (for LMTP: of a delivery). \`share\`: Poplar's figure in per cent of Dovecot's.

Median of ${runs} runs of ${seconds} s, ${concurrency} sessions at once, load from ${generator},
server and generator on one core each of ${machine()}.
On a shared machine wall-clock figures move by a factor of two, CPU for each unit of work by about a tenth.

${tableOf(columns, curves)}
`;
}

const machine = (): string => {
  const model = cpus()[0]?.model.trim() ?? "unknown";
  return `${cpus().length} (${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node})`;
};
