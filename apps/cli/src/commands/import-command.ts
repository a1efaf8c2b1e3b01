import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { ImportedLine } from "@poplar/operations";
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import { ProgressBar } from "../progress-bar.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";

/** Lines and characters of one request. */
const linesAtOnce = 100;
const charactersAtOnce = 30_000;

interface ImportOptions {
  readonly domain?: string;
  readonly sharedSecret?: true;
  readonly dryRun?: true;
}

/** A line that was not taken over, by its number in the file. */
interface RefusedLine {
  readonly line: number;
  readonly name: string;
  readonly detail: string;
}

interface ImportReport {
  added: number;
  exists: number;
  refused: RefusedLine[];
}

/** `poplar login import` */
export function addImportCommand(login: Command, tools: Tools): void {
  login
    .command("import")
    .description("make logins out of a Dovecot passwd-file, or of shadow; who is there already is left alone")
    .argument("<file>", "the file, or - for standard input")
    .option("--domain <domain>", "completes names without a domain")
    .option("--shared-secret", "keep {PLAIN} passwords, sealed, for APOP, CRAM-MD5 and DIGEST-MD5, too")
    .option("--dry-run", "say what would be done, and do nothing")
    .addHelpText("after", examples("poplar login import /etc/dovecot/users --domain example.test --dry-run"))
    .action(async (file: string, options: ImportOptions) => {
      const lines = (await readAll(file)).split("\n");
      const report = await importAll(tools, lines, options);
      tools.printer.done(report, summaryOf(report, options.dryRun === true));
      if (report.refused.length > 0) {
        throw new Refusal("refused", "lines-refused", refusalsOf(report.refused));
      }
    });
}

async function readAll(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new Refusal("usage", "file-unreadable", `The file cannot be read: ${reason}`);
  }
}

async function importAll(
  tools: Tools,
  lines: readonly string[],
  { domain, sharedSecret, dryRun }: ImportOptions,
): Promise<ImportReport> {
  const api = tools.api();
  const bar = new ProgressBar(lines.length, "lines");
  const report: ImportReport = { added: 0, exists: 0, refused: [] };
  const settings = { domain, isSharedSecret: sharedSecret === true, isDryRun: dryRun === true };
  try {
    for (let from = 0; from < lines.length; ) {
      const batch = batchFrom(lines, from);
      const { entries } = await api.call<{ readonly entries: readonly ImportedLine[] }>({
        method: "POST",
        path: "/login-imports",
        body: { ...settings, lines: batch },
      });
      for (const entry of entries) note(report, entry, from);
      bar.advance(batch.length);
      from += batch.length;
    }
  } finally {
    bar.end();
  }
  return report;
}

function batchFrom(lines: readonly string[], from: number): readonly string[] {
  let characters = 0;
  let to = from;
  do {
    characters += lines[to]?.length ?? 0;
    to += 1;
  } while (
    to < Math.min(lines.length, from + linesAtOnce) &&
    characters + (lines[to]?.length ?? 0) <= charactersAtOnce
  );
  return lines.slice(from, to);
}

function note(report: ImportReport, { index, name, outcome, detail }: ImportedLine, from: number): void {
  if (outcome === "added") report.added += 1;
  else if (outcome === "exists") report.exists += 1;
  else report.refused.push({ line: from + index + 1, name, detail: detail ?? "" });
}

const summaryOf = ({ added, exists, refused }: ImportReport, isDryRun: boolean): string =>
  `${isDryRun ? "Would add" : "Added"} ${added} logins; ${exists} exist already, ${refused.length} lines are refused.`;

const refusalsShown = 20;

function refusalsOf(refused: readonly RefusedLine[]): string {
  const shown = refused
    .slice(0, refusalsShown)
    .map(({ line, name, detail }) => `line ${line}${name === "" ? "" : ` (${name})`}: ${detail}`);
  const more = refused.length - shown.length;
  return ["Some lines were not taken over:", ...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}
