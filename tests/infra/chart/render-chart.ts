import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { isTrue, type TemplateFunction, TemplateSet } from "./go-template.ts";

/** Where the chart lies. */
export const chartFolder: string = resolve(import.meta.dirname, "../../../infra/helm/poplar");

/** A map of YAML. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A file of the chart, as YAML. */
export function chartFile(name: string): Fields {
  const content: unknown = parse(readFileSync(join(chartFolder, name), "utf8"));
  if (!isFields(content)) throw new Error(`${name} is no map`);
  return content;
}

/** Values with others laid over them, as `--values` does it: maps are merged, all else is replaced. */
export function overlaid(under: Fields, over: Fields): Fields {
  const merged = Object.entries(over).map(([key, value]) => {
    const below = under[key];
    return [key, isFields(below) && isFields(value) ? overlaid(below, value) : value] as const;
  });
  return { ...under, ...Object.fromEntries(merged) };
}

const lines = (text: unknown, columns: unknown): string =>
  String(text)
    .split("\n")
    .map((line) => " ".repeat(Number(columns)) + line)
    .join("\n");

const fieldsIn = (value: unknown): Fields => {
  if (!isFields(value)) throw new Error("a map is wanted");
  return value;
};

const listIn = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new Error("a list is wanted");
  return value;
};

/** What the chart uses of Go's functions, sprig's and Helm's. */
const functions: Readonly<Record<string, TemplateFunction>> = {
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  add: (...values) => values.reduce<number>((sum, value) => sum + Number(value), 0),
  int: (value) => Math.trunc(Number(value)),
  print: (...values) => values.map(String).join(""),
  printf: (format, ...values) => {
    const rest = [...values];
    return String(format).replaceAll("%s", () => String(rest.shift()));
  },
  quote: (value) => JSON.stringify(String(value)),
  default: (fallback, value) => (isTrue(value) ? value : fallback),
  dict: (...pairs) =>
    Object.fromEntries(pairs.flatMap((key, at) => (at % 2 === 0 ? [[String(key), pairs[at + 1]]] : []))),
  deepCopy: (value) => structuredClone(value),
  mergeOverwrite: (under, over) => overlaid(fieldsIn(under), fieldsIn(over)),
  concat: (...lists) => lists.flatMap(listIn),
  toYaml: (value) => stringify(value).trimEnd(),
  nindent: (columns, text) => `\n${lines(text, columns)}`,
  sha256sum: (text) => createHash("sha256").update(String(text)).digest("hex"),
};

/** What `helm template` would print, as text by file. */
export function renderChart(values: Fields): ReadonlyMap<string, string> {
  const templates = new TemplateSet(functions);
  const folder = join(chartFolder, "templates");
  const names = readdirSync(folder).toSorted();
  for (const name of names)
    templates.add(`poplar/templates/${name}`, readFileSync(join(folder, name), "utf8"));
  const chart = chartFile("Chart.yaml");
  const data = {
    Values: values,
    Release: { Name: "poplar", Namespace: "mail", Service: "Helm" },
    Chart: { Name: chart["name"], Version: chart["version"], AppVersion: chart["appVersion"] },
    Template: { BasePath: "poplar/templates" },
  };
  return new Map(
    names
      .filter((name) => !name.startsWith("_"))
      .map((name) => [name, templates.render(`poplar/templates/${name}`, data)]),
  );
}

/** The objects that a cluster would be given. */
export function objectsOf(values: Fields): readonly Fields[] {
  return [...renderChart(values)]
    .filter(([name]) => name.endsWith(".yaml"))
    .flatMap(([name, text]) =>
      parseAllDocuments(text, { version: "1.1" }).map((document) => {
        if (document.errors.length > 0) throw new Error(`${name}: ${String(document.errors[0])}\n${text}`);
        const object: unknown = document.toJS();
        return object;
      }),
    )
    .filter(isFields);
}
