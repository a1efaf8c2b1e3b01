import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { until } from "@poplar/testkit";
import { runProgram } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";
import { alertRules, alertsFile, Prometheus } from "./prometheus.ts";

const dashboardFile = resolve(import.meta.dirname, "../../infra/grafana/poplar.json");

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
}

const isDashboard = (file: unknown): file is Dashboard =>
  typeof file === "object" && file !== null && "panels" in file && Array.isArray(file.panels);

const rules = alertRules();

let server: Standalone;
/** What `/metrics` says when everything has happened once: label names by metric name. */
let labelsByMetric: ReadonlyMap<string, ReadonlySet<string>>;

before(async () => {
  server = await Standalone.start({ flags: ["--connections-per-address-max=8"] });
  await everythingOnce();
  labelsByMetric = readMetrics(await (await fetch(`http://127.0.0.1:${server.ports.http}/metrics`)).text());
});
after(() => server[Symbol.asyncDispose]());

/** Something for each metric to count. */
async function everythingOnce(): Promise<void> {
  const login = await server.addLogin(`user-${crypto.randomUUID()}`);
  const message = Buffer.from("Subject: one\r\n\r\nOne.\r\n");
  await server.deliver(message, login);
  await server.deliver(message, "nobody@example.test").catch(() => undefined);
  for (const url of [
    `pop3://localhost:${server.ports.pop3}/1`,
    `pop3s://localhost:${server.ports.pop3s}/1`,
  ]) {
    await runProgram("curl", ["--insecure", "--ssl-reqd", "--silent", "--user", `${login}:${password}`, url]);
  }
  await runProgram("curl", [
    "--silent",
    "--user",
    `${login}:wrong`,
    `pop3://127.0.0.1:${server.ports.pop3}/`,
  ]);
  using client = await server.logIn(login);
  await client.ask("DELE 1");
  await client.ask("QUIT");
  const crowd = await Promise.all(Array.from({ length: 10 }, () => server.connect().catch(() => undefined)));
  for (const one of crowd) one?.[Symbol.dispose]();
}

function readMetrics(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, name = "", labels = ""] of text.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const names = found.get(name) ?? new Set();
    for (const [, label = ""] of labels.matchAll(/([a-z_]\w*)="/g)) names.add(label);
    found.set(name, names);
  }
  return found;
}

/** Of every series that Prometheus scrapes. */
const labelsOfPrometheus = ["job", "instance"];

/** What is wrong with the names in an expression. */
function strangers(expression: string): string[] {
  const words = expression.replaceAll(/"[^"]*"/g, '""');
  const metrics = [...words.matchAll(/\b((?:poplar|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
  const known = new Set(labelsOfPrometheus);
  for (const [, name = ""] of metrics) for (const label of labelsByMetric.get(name) ?? []) known.add(label);
  const unknownMetrics = metrics.map(([, name = ""]) => name).filter((name) => !labelsByMetric.has(name));
  const matched = metrics.flatMap(([, name = "", matchers = ""]) =>
    [...matchers.matchAll(/(\w+) *[=!]/g)]
      .map(([, label = ""]) => label)
      .filter((label) => !labelsOfPrometheus.includes(label) && labelsByMetric.get(name)?.has(label) !== true)
      .map((label) => `${name}{${label}}`),
  );
  const grouped = [...words.matchAll(/\bby \(([^)]*)\)/g)]
    .flatMap(([, labels = ""]) => labels.split(/, */))
    .filter((label) => !known.has(label));
  return [...unknownMetrics, ...matched, ...grouped];
}

test("each metric and label in the alerts is one that a server has", () => {
  const wrong = rules.flatMap(({ alert, expr }) => strangers(expr).map((name) => `${alert}: ${name}`));
  deepStrictEqual(wrong, []);
});

test("each metric and label in the dashboard is one that a server has", () => {
  const queries = panelQueries();
  ok(queries.length > 20);
  const wrong = queries.flatMap(({ title, expr }) => strangers(expr).map((name) => `${title}: ${name}`));
  deepStrictEqual(wrong, []);
});

test("each alert has a page for three in the morning, and each page an alert", () => {
  const folder = resolve(import.meta.dirname, "../../docs/operating/runbooks");
  for (const { alert } of rules) {
    const page = readFileSync(join(folder, `${alert}.md`), "utf8");
    for (const part of ["## What you see", "## What it means", "## What to do"])
      ok(page.includes(part), alert);
  }
  const pages = readdirSync(folder).filter((name) => name !== "README.md");
  deepStrictEqual(new Set(pages), new Set(rules.map(({ alert }) => `${alert}.md`)));
});

test("promtool finds nothing wrong with the rules", async () => {
  const { exitCode, stderr } = await runProgram("promtool", ["check", "rules", "--lint-fatal", alertsFile]);
  strictEqual(exitCode, 0, stderr);
});

test("each query of the dashboard returns data from a server at work", async () => {
  await using prometheus = await Prometheus.start([server.ports.http]);
  // A rate needs two scrapes with something in between.
  await until("Prometheus has scraped", async () => (await prometheus.query("poplar_build_info")).length > 0);
  const missing = new Set(panelQueries());
  await until("all panels have data", async () => {
    await everythingOnce();
    for (const query of missing) if (await hasData(prometheus, query.expr)) missing.delete(query);
    return missing.size === 0;
  }).catch((err: unknown) => {
    throw new Error([...missing].map(({ title, expr }) => `${title}: ${expr}`).join("\n"), { cause: err });
  });
});

function panelQueries(): { title: string; expr: string }[] {
  const dashboard: unknown = JSON.parse(readFileSync(dashboardFile, "utf8"));
  ok(isDashboard(dashboard));
  return dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}

async function hasData(prometheus: Prometheus, expr: string): Promise<boolean> {
  const filled = expr
    .replaceAll("$job", "poplar")
    .replaceAll("$instance", ".*")
    .replaceAll("$__rate_interval", "10s");
  const samples = await prometheus.query(filled);
  return samples.some(({ value: [, value] }) => value !== "NaN");
}
