import { fork } from "node:child_process";
import { join } from "node:path";
import type { Load, LoadReport } from "./generator.ts";
import { deliverMail } from "./mail-seed.ts";
import { cpuSeconds } from "./process-tree.ts";
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
  const { mail } = scenario;
  const cpuBefore = cpuOf(server);
  const report = await generate({
    port: scenario.tls === "none" ? server.pop3Port : server.pop3sPort,
    tls: scenario.tls,
    logins: Array.from({ length: mail.logins }, (_, index) => server.loginOf(mail.firstLogin + index)),
    turns: scenario.turns(mail),
    concurrency: options.concurrency,
    seconds: options.seconds,
    isOnce: scenario.isDrain === true,
  });
  const cpuAfter = cpuOf(server);
  if (report.failures.length > 0 || report.sessions === 0) {
    throw new Error(`${server.name}, ${scenario.name}: ${report.failures.join("; ") || "no session"}`);
  }
  const units = report.sessions * scenario.units(mail);
  const cpuByPart = new Map(
    [...cpuAfter]
      .map(([name, seconds]) => [name, (seconds - (cpuBefore.get(name) ?? 0)) / units] as const)
      .filter(([, seconds]) => seconds > 0),
  );
  return {
    cpuPerUnit: [...cpuByPart.values()].reduce((sum, seconds) => sum + seconds, 0),
    cpuByPart,
    unitsPerSecond: units / report.seconds,
    loginP99Ms: report.loginMs[Math.floor(report.loginMs.length * 0.99)] ?? 0,
    resumedShare: report.resumed / report.sessions,
  };
}

const cpuOf = ({ parts }: ServerUnderTest): ReadonlyMap<string, number> =>
  new Map([...parts].map(([name, pid]) => [name, cpuSeconds([pid])]));

async function generate(load: Load): Promise<LoadReport> {
  const child = fork(join(import.meta.dirname, "generator.ts"), { stdio: "inherit" });
  child.send(load);
  return new Promise<LoadReport>((resolve, reject) => {
    child.once("message", (report: LoadReport) => resolve(report));
    child.once("exit", (code) => reject(new Error(`the generator ended with ${code}`)));
  });
}
