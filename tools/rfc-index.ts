import type { SourceFile } from "./repository.ts";

/** How far a section of a standard is served. */
export type RfcStatus = "Yes" | "Partial" | "No" | "N-A";

/** A row of docs/rfc/index.tsv. */
export interface RfcRow {
  readonly rfc: string;
  /** As after the sign: `5`, `6.6`; empty for the document as a whole. */
  readonly section: string;
  readonly title: string;
  readonly status: RfcStatus;
  readonly code: string;
  readonly test: string;
  readonly note: string;
}

const HEADER = ["rfc", "section", "title", "status", "code", "test", "note"];
const STATUSES: readonly string[] = ["Yes", "Partial", "No", "N-A"] satisfies RfcStatus[];

const isStatus = (text: string): text is RfcStatus => STATUSES.includes(text);

/** Reads the table; throws on a line that is not a row of it. */
export function parseIndex(text: string): readonly RfcRow[] {
  const [header = "", ...lines] = text.trimEnd().split("\n");
  if (header !== HEADER.join("\t")) throw new Error(`the first line is not ${HEADER.join(" ")}`);
  return lines.map((line, index) => {
    const [rfc = "", section = "", title = "", status = "", code = "", test = "", note = ""] =
      line.split("\t");
    if (!/^\d+$/.test(rfc) || !isStatus(status))
      throw new Error(`line ${String(index + 2)} is not a row: ${line}`);
    return { rfc, section, title, status, code, test, note };
  });
}

/** As references are written in code. */
export const referenceTo = ({ rfc, section }: Pick<RfcRow, "rfc" | "section">): string =>
  section === "" ? `RFC ${rfc}` : `RFC ${rfc} §${section}`;

/** The references in a text, each once: `RFC 1939 §4, §5` are two. */
export function referencesIn(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [, rfc = "", sections = ""] of text.matchAll(/RFC (\d+)((?:,? §[A-Z0-9]+(?:\.\d+)*)*)/g)) {
    const numbers = sections.match(/[A-Z0-9]+(?:\.\d+)*/g) ?? [""];
    for (const section of numbers) found.add(referenceTo({ rfc, section }));
  }
  return found;
}

const documentOf = (reference: string): string => reference.replace(/ §.*$/, "");

/**
 * What is wrong between the table and the files: one line each.
 *
 * A document that is listed as a whole covers its sections.
 */
export function indexFindings(rows: readonly RfcRow[], files: readonly SourceFile[]): readonly string[] {
  const references = new Map(files.map(({ path, text }) => [path, referencesIn(text)]));
  const listed = new Set(rows.flatMap((row) => [referenceTo(row), `RFC ${row.rfc}`]));
  const whole = new Set(rows.filter(({ section }) => section === "").map(referenceTo));
  const isListed = (reference: string): boolean => listed.has(reference) || whole.has(documentOf(reference));
  const unlisted = [...references].flatMap(([path, found]) =>
    [...found]
      .filter((reference) => !isListed(reference))
      .map((reference) => `${path}: ${reference} is not listed`),
  );
  const twice = rows.filter(
    (row, index) => rows.findIndex((other) => referenceTo(other) === referenceTo(row)) < index,
  );
  const unproven = rows
    .filter(({ status }) => status === "Yes")
    .flatMap((row) => [row.code, row.test].flatMap((path) => absence(row, path, references)));
  return [...unlisted, ...twice.map((row) => `${referenceTo(row)} is listed twice`), ...unproven];
}

function absence(
  row: RfcRow,
  path: string,
  references: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const found = references.get(path);
  if (path === "") return [`${referenceTo(row)} says Yes without naming its code and its test`];
  if (found === undefined) return [`${referenceTo(row)} names ${path}, which is not there`];
  const named = new Set([...found, ...[...found].map(documentOf)]);
  return named.has(referenceTo(row)) ? [] : [`${path} does not mention ${referenceTo(row)}`];
}

/** The page for readers. */
export function renderIndex(rows: readonly RfcRow[]): string {
  const whole = rows.filter(({ rfc }) => rows.filter((row) => row.rfc === rfc).length === 1);
  const bySection = Map.groupBy(
    rows.filter((row) => !whole.includes(row)),
    ({ rfc }) => rfc,
  );
  const tables = [...bySection].map(([rfc, own]) => table(`RFC ${rfc}`, own));
  return `# The standards, section by section

<!-- Generated from index.tsv by \`npm run docs\`. -->

*Yes*: served, and a test says so. *Partial*: served in part, or without a test that names it.
*No*: not served. *N-A*: says nothing that a server does, or is only leaned upon.

${[...tables, table("Served or leaned upon as a whole", whole)].join("\n")}`;
}

function table(title: string, rows: readonly RfcRow[]): string {
  return `## ${title}

| reference | what | served | code | test |
|---|---|---|---|---|
${rows.map(renderRow).join("\n")}
`;
}

function renderRow(row: RfcRow): string {
  const { rfc, section, title, status, code, test, note } = row;
  const anchor = section === "" ? "" : `#section-${section}`;
  const link = `[${referenceTo(row)}](https://www.rfc-editor.org/rfc/rfc${rfc}.html${anchor})`;
  const file = (path: string): string =>
    path === "" ? "" : `[${path.split("/").at(-1) ?? ""}](../../${path})`;
  const served = note === "" ? status : `${status}: ${note}`;
  return `| ${link} | ${title} | ${served} | ${file(code)} | ${file(test)} |`;
}
