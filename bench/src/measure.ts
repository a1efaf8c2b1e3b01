import { fork } from "node:child_process";
import { join } from "node:path";
import type { Load, LoadReport } from "./generator.ts";
import { loginsOf } from "./mail-seed.ts";
import { PopClient } from "./pop-client.ts";
import { type Done, runPopload } from "./popload.ts";
import { cpuSeconds, generatorCore, pin } from "./process-tree.ts";
import { medianRun, quantile } from "./runs.ts";
import type { Scenario } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** What a scenario, or deliveries, cost a server. */
export interface Figure extends Cost {
  readonly unitsPerSecond: number;
  readonly loginP99Ms: number;
  readonly resumedShare: number;
}

/** Seconds of one core for each unit of work. */
export interface Cost {
  /** Over all processes that serve. */
  readonly cpuPerUnit: number;
  /** The same for each part of the server that took some. */
  readonly cpuByPart: ReadonlyMap<string, number>;
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
  if (scenario.isDrain !== true) await openOnce(server, scenario);
  return medianRun(options, async (seconds) => measureOnce(server, scenario, { ...options, seconds }));
}

/**
 * Opens each maildrop once, on the port that the scenario uses: listings are made, and passwords that are
 * right are remembered.
 */
export async function openOnce(server: ServerUnderTest, { mail, tls }: Scenario): Promise<void> {
  for (const number of loginsOf(mail)) {
    const client = await PopClient.logIn(server, number, tls !== "none");
    await client.say({ send: "UIDL\r\n", answers: 1, isMultiLine: true });
    await client.quit();
  }
}

/**
 * Runs a scenario once; longer, if nothing came to its end.
 *
 * @throws Error when a session failed.
 */
export async function measureOnce(
  server: ServerUnderTest,
  scenario: Scenario,
  options: MeasureOptions,
): Promise<Figure> {
  if (scenario.isDrain === true) await server.putMail(scenario.mail);
  for (let seconds = options.seconds; seconds <= options.seconds * 8; seconds *= 2) {
    const costOf = cpuByPart(server);
    const done = await runLoad(server, scenario, { ...options, seconds });
    const { units, loginP99Ms, resumedShare } = done;
    if (units > 0)
      return { ...costOf(units), unitsPerSecond: units / done.seconds, loginP99Ms, resumedShare };
  }
  throw new Error(`${scenario.name}: nothing came to its end`);
}

const runLoad = async (
  server: ServerUnderTest,
  scenario: Scenario,
  options: MeasureOptions,
): Promise<Done> =>
  options.popload === undefined
    ? runGenerator(server, scenario, options)
    : runPopload(options.popload, server, scenario, options);

/** Begins to count CPU. @returns what ends it, and tells what each of so many units has cost. */
export function cpuByPart(server: ServerUnderTest): (units: number) => Cost {
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
    logins: loginsOf(mail).map((number) => server.loginOf(number)),
    turns: scenario.turns(mail),
    concurrency,
    seconds,
    isOnce: scenario.isDrain === true,
  });
  if (report.failures.length > 0) throw new Error(`${scenario.name}: ${report.failures.join("; ")}`);
  return {
    units: report.sessions * scenario.units(mail),
    seconds: report.seconds,
    loginP99Ms: quantile(report.loginMs, 0.99),
    resumedShare: report.resumed / Math.max(1, report.sessions),
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
