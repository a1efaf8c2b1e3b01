import { fork } from "node:child_process";
import { join } from "node:path";
import type { Load, LoadReport } from "./generator.ts";
import { deliverMail } from "./mail-seed.ts";
import { type Done, generatorCore, runPopload } from "./popload.ts";
import { cpuSeconds, pin } from "./process-tree.ts";
import type { Scenario } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** One row for one server. */
export interface Figure {
  /** Seconds of one core for each unit of work, over all processes that serve. */
  readonly cpuPerUnit: number;
  /** The same for each part of the server that took some. */
  readonly cpuByPart: ReadonlyMap<string, number>;
  readonly unitsPerSecond: number;
  readonly loginP99Ms: number;
  readonly resumedShare: number;
}

export interface MeasureOptions {
  readonly seconds: number;
  readonly runs: number;
  readonly concurrency: number;
  /** Path of a `popload` that makes the load instead of what is brought here. */
  readonly popload?: string | undefined;
}

/** Runs a scenario several times. @returns the median run by CPU. @throws Error when a session failed. */
export async function measure(
  server: ServerUnderTest,
  scenario: Scenario,
  options: MeasureOptions,
): Promise<Figure> {
  const figures: Figure[] = [];
  // The first run warms up caches and compilers, and is not counted.
  for (let run = 0; run <= options.runs; run += 1) {
    if (scenario.isDrain === true) await deliverMail(server, scenario.mail);
    const figure = await runOnce(server, scenario, options);
    if (run > 0) figures.push(figure);
  }
  figures.sort((a, b) => a.cpuPerUnit - b.cpuPerUnit);
  const median = figures[Math.floor(figures.length / 2)];
  if (median === undefined) throw new Error("nothing was measured");
  return median;
}

async function runOnce(
  server: ServerUnderTest,
  scenario: Scenario,
  options: MeasureOptions,
): Promise<Figure> {
  const costOf = cpuByPart(server);
  const { popload } = options;
  const done =
    popload === undefined
      ? await runGenerator(server, scenario, options)
      : await runPopload(popload, server, scenario, options);
  const { units, seconds, loginP99Ms, resumedShare } = done;
  return { ...costOf(units), unitsPerSecond: units / seconds, loginP99Ms, resumedShare };
}

/** Begins to count CPU. @returns what ends it, and tells what each of so many units has cost. */
export function cpuByPart(
  server: ServerUnderTest,
): (units: number) => Pick<Figure, "cpuPerUnit" | "cpuByPart"> {
  const before = cpuOf(server);
  return (units) => {
    const byPart = new Map(
      [...cpuOf(server)]
        .map(([name, seconds]) => [name, (seconds - (before.get(name) ?? 0)) / units] as const)
        .filter(([, cost]) => cost > 0),
    );
    return { cpuPerUnit: [...byPart.values()].reduce((sum, cost) => sum + cost, 0), cpuByPart: byPart };
  };
}

/** Loads a server with what `npm run bench` brings itself. */
async function runGenerator(
  server: ServerUnderTest,
  scenario: Scenario,
  { concurrency, seconds }: MeasureOptions,
): Promise<Done> {
  const { mail } = scenario;
  const report = await generate({
    port: scenario.tls === "none" ? server.pop3Port : server.pop3sPort,
    tls: scenario.tls,
    logins: Array.from({ length: mail.logins }, (_, index) => server.loginOf(mail.firstLogin + index)),
    turns: scenario.turns(mail),
    concurrency,
    seconds,
    isOnce: scenario.isDrain === true,
  });
  if (report.failures.length > 0 || report.sessions === 0) {
    throw new Error(`${server.name}, ${scenario.name}: ${report.failures.join("; ") || "no session"}`);
  }
  return {
    units: report.sessions * scenario.units(mail),
    seconds: report.seconds,
    loginP99Ms: report.loginMs[Math.floor(report.loginMs.length * 0.99)] ?? 0,
    resumedShare: report.resumed / report.sessions,
  };
}

const cpuOf = ({ parts }: ServerUnderTest): ReadonlyMap<string, number> =>
  new Map([...parts].map(([name, pid]) => [name, cpuSeconds([pid])]));

async function generate(load: Load): Promise<LoadReport> {
  const child = fork(join(import.meta.dirname, "generator.ts"), { stdio: "inherit" });
  if (child.pid !== undefined) pin(child.pid, generatorCore);
  child.send(load);
  return new Promise<LoadReport>((resolve, reject) => {
    child.once("message", (report: LoadReport) => resolve(report));
    child.once("exit", (code) => reject(new Error(`the generator ended with ${code}`)));
  });
}
