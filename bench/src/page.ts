import { cpus, totalmem } from "node:os";
import type { Curve } from "./growth.ts";
import { markdownTable } from "./markdown.ts";
import { type Cell, type Column, cellWords, type Row, rowOf, rows, valueWords } from "./row.ts";
import { embeddedScenarios } from "./scenario.ts";
import type { SlowReading } from "./slow-reader.ts";
import type { TableOptions } from "./table.ts";

/** All that was measured. */
export interface Results {
  /** Poplar, its peer if it is here, and the floor. */
  readonly columns: readonly Column[];
  readonly curves: readonly Curve[];
  readonly slowReading: SlowReading | undefined;
  readonly embedded: Column | undefined;
}

/** The table beside the peers. */
export function tableOf(columns: readonly Column[]): string {
  const floor = columns.at(-1);
  const servers = columns.slice(0, -1);
  const lines = rows.flatMap((row) => {
    const cells = servers.map(({ cells: all }) => all.get(row.name));
    if (cells.every((cell) => cell === undefined)) return [];
    const words = cells.map((cell) => (cell === undefined ? "" : cellWords(row, cell)));
    const lowest = floor?.cells.get(row.name);
    const floorWords = lowest === undefined ? "" : valueWords(row, lowest.value);
    return [[row.name, row.unit, ...words, shareOf(cells), floorWords, goalWords(row, cells)]];
  });
  const head = ["work", "for each", ...servers.map(({ name }) => name), "share", "floor", "goal"];
  return markdownTable(head, lines);
}

/** The first of two figures as a share of the second. */
const shareOf = ([own, peer]: readonly (Cell | undefined)[]): string =>
  own === undefined || peer === undefined || peer.value <= 0
    ? ""
    : `${Math.round((own.value / peer.value) * 100)}%`;

/** Goals have few digits; a row without one has the peer for its goal. */
function goalWords({ quantity, goal }: Row, [own, peer]: readonly (Cell | undefined)[]): string {
  const most = goal ?? peer?.value;
  if (own === undefined || most === undefined) return "";
  const words = goal === undefined ? "the peer" : `${goal} ${quantity}`;
  return own.value <= most ? `${words}, reached` : `${words}, missed by ${(own.value / most).toFixed(2)} ×`;
}

const curveTable = ({ name, by, points }: Curve): string =>
  markdownTable(
    [by, ...points.map(({ size }) => size.toLocaleString("en"))],
    [[name, ...points.map(({ ms }) => valueWords({ quantity: "ms" }, ms))]],
  );

const megabytes = (octets: number): string => `${(octets / 2 ** 20).toFixed(1)} MB`;

function slowReadingTable({ readers, octets, seconds, octetsBefore, octetsMost }: SlowReading): string {
  const head = ["clients", "read", "in", "memory before", "at most", "for each client"];
  const each = (octetsMost - octetsBefore) / readers;
  const read = [String(readers), megabytes(octets), `${seconds.toFixed(0)} s`];
  return markdownTable(head, [[...read, megabytes(octetsBefore), megabytes(octetsMost), megabytes(each)]]);
}

function embeddedTable({ name, cells }: Column): string {
  const lines = embeddedScenarios.flatMap((scenario) => {
    const cell = cells.get(scenario.name);
    return cell === undefined ? [] : [[scenario.name, scenario.unit, cellWords(rowOf(scenario), cell)]];
  });
  return markdownTable(["work", "for each", name], lines);
}

/** All tables, each with what is to be said about it. */
function sections({ columns, curves, slowReading, embedded }: Results): readonly string[] {
  const parts = [tableOf(columns)];
  if (curves.length > 0) {
    parts.push("## Growth", growthWords, ...curves.map(curveTable));
  }
  if (slowReading !== undefined)
    parts.push("## Slow readers", slowReadingWords, slowReadingTable(slowReading));
  if (embedded !== undefined) parts.push("## Embedded", embeddedWords, embeddedTable(embedded));
  return parts;
}

/** What is printed. */
export const textOf = (results: Results): string => sections(results).join("\n\n");

const growthWords = `CPU of one core for a session, as above; passwords of the logins that stay open are cheap to check.`;

const slowReadingWords = `Clients pipeline RETR of messages of 10 MB and read the answers slowly, 40 MB a second together. Memory is
that of the front end, its proportional set size.`;

const embeddedWords = `\`npm start\`: one process with everything, its own small Postgres, leases in memory. CPU over both, measured
in the same way.`;

/** `docs/performance.md`. */
export function pageOf(results: Results, options: TableOptions): string {
  const { runs, seconds, concurrency, popload, keyKind } = options;
  const generator =
    popload === undefined ? "the generator of `bench/`" : "`popload`, which checks every octet";
  return `# Performance

Made by \`npm run bench -- --growth --write\`; not edited by hand. What it means: [notes](performance-notes.md).

CPU of one core, user and kernel, over all processes that serve: front end, Postgres and Redis for Poplar,
all of Dovecot's for Dovecot, tuned as its operators do. In brackets the 99th percentile from connecting to
the answer to PASS (for LMTP: of a delivery). \`share\`: Poplar's figure in per cent of Dovecot's. \`floor\`: a
server on Node with canned answers, which stores nothing and checks nothing.

Median of ${runs} runs of ${seconds} s (of ${seconds / 2} s for the floor and for growth),
${concurrency} sessions at once, or as many as there are maildrops, load from ${generator},
server and generator on one core each of ${machine()}.
On a shared machine wall-clock figures move by a factor of two, CPU for each unit of work by about a tenth.

- **login**: Poplar's passwords are hashed with argon2id (19 MiB, two passes), and remembered for five minutes once
  they were right; Dovecot's lie in the clear (\`{PLAIN}\`), but in the row of argon2id (its default, 64 MiB, three
  passes). Its cache keeps what is stored for a login, not that a password was right.
- **TLS**: version 1.3, ${keyKind === "rsa" ? "RSA with 2048 bits" : "a key on P-256"}.
- **seen before**: all messages together are less than the 64 MB that a front end keeps of those up to 128 KB;
  **from Postgres**: they are more. For Dovecot both are files that the kernel has at hand.
- **idle connection**: one more of 4,000 (Dovecot: of 400, a process each), when V8 has collected its garbage.
- **wait**: by the clock, not CPU. For UIDL from connecting to the end of the answer, one session at a time,
  median; for PASS the 99th percentile of the row \`login\`.

${textOf(results)}
`;
}

const machine = (): string => {
  const model = cpus()[0]?.model.trim() ?? "unknown";
  return `${cpus().length} (${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node})`;
};
