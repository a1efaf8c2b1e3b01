import Table from "cli-table3";
import { colors } from "./colors.ts";

/** A column of a table: its head, and what stands in it. */
export type Column<Entry> = readonly [head: string, cell: (entry: Entry) => string | number];

/** Prints answers: words and tables for people, JSON for scripts. */
export class Printer {
  readonly isJson: boolean;

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  /** Something was done. */
  done(answer: unknown, sentence: string): void {
    console.log(this.isJson ? asJson(answer ?? { done: true }) : printable(sentence));
  }

  /** A list. */
  table<Entry>(entries: readonly Entry[], columns: readonly Column<Entry>[], ifEmpty: string): void {
    if (this.isJson) console.log(asJson(entries));
    else if (entries.length === 0) console.log(ifEmpty);
    else console.log(tableOf(entries, columns));
  }

  /** One thing, a line for each of its properties. */
  detail(answer: unknown, lines: readonly (readonly [label: string, value: string | number])[]): void {
    if (this.isJson) {
      console.log(asJson(answer));
      return;
    }
    const width = Math.max(...lines.map(([label]) => label.length)) + 2;
    for (const [label, value] of lines) {
      console.log(`${colors.bold(label.padEnd(width))}${printable(String(value))}`);
    }
  }
}

/** Octets for people: 1.5 MiB. */
export function octetsText(octets: number): string {
  const units = ["octets", "KiB", "MiB", "GiB", "TiB"];
  let amount = octets;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit] ?? ""}`;
}

/** A time for people, in UTC. */
export const timeText = (iso: string): string => iso.slice(0, 16).replace("T", " ");

/** What strangers wrote must not steer the terminal. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "\u{fffd}");

/** A line of mail as a terminal may show it. */
export const printableLine = (line: Buffer): string =>
  `${line
    .toString()
    .replace(/\r?\n$/, "")
    .replaceAll(/(?!\t)[\p{Cc}\p{Cf}]/gu, "\u{fffd}")}\n`;

/** JSON that a terminal may be shown: by itself it escapes some control characters only. */
export const asJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replaceAll(/(?!\n)[\p{Cc}\p{Cf}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(""),
  );

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;

function tableOf<Entry>(entries: readonly Entry[], columns: readonly Column<Entry>[]): string {
  const table = new Table({
    head: columns.map(([head]) => colors.bold(head)),
    chars: plainChars,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    colAligns: columns.map(([, cell]) =>
      entries.every((entry) => typeof cell(entry) === "number") ? "right" : "left",
    ),
  });
  for (const entry of entries) table.push(columns.map(([, cell]) => printable(String(cell(entry)))));
  return table.toString().replaceAll(/ +$/gm, "");
}

/** No borders: columns can be cut by eye and by awk. */
const plainChars = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"])
    .map((name) => [name, ""]),
);
