import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePorts, until } from "@poplar/testkit";
import { parse, stringify } from "yaml";

export const alertsFile: string = resolve(import.meta.dirname, "../../infra/prometheus/alerts.yaml");

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
}

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
}

/** promtool looks closer. */
const isRuleFile = (file: unknown): file is RuleFile =>
  typeof file === "object" && file !== null && "groups" in file;

/** All alerts, as they stand in the file. */
export function alertRules(): readonly AlertRule[] {
  const file: unknown = parse(readFileSync(alertsFile, "utf8"));
  if (!isRuleFile(file)) throw new Error(`${alertsFile} holds no rules`);
  return file.groups.flatMap(({ rules }) => rules);
}

/** A line of the answer to a query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [timestamp: number, value: string];
}

/** A real Prometheus that scrapes several times a second, with our alerts in a hurry. */
export class Prometheus implements AsyncDisposable {
  readonly #url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(port: number, folder: string) {
    this.#url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    const flags = [
      `--config.file=${join(folder, "prometheus.yaml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ];
    this.#process = spawn("prometheus", flags, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  }

  /**
   * @param targets HTTP ports of servers.
   * @param window what the alerts look back over.
   */
  static async start(targets: readonly number[], window = "3s"): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), "poplar-prometheus-"));
    writeFileSync(join(folder, "alerts.yaml"), inAHurry(readFileSync(alertsFile, "utf8"), window));
    const job = {
      job_name: "poplar",
      static_configs: [{ targets: targets.map((port) => `127.0.0.1:${port}`) }],
    };
    const settings = {
      global: { scrape_interval: "400ms", scrape_timeout: "400ms", evaluation_interval: "200ms" },
      rule_files: ["alerts.yaml"],
      scrape_configs: [job],
    };
    writeFileSync(join(folder, "prometheus.yaml"), stringify(settings));
    const [port = 0] = await freePorts(1);
    const prometheus = new Prometheus(port, folder);
    try {
      await until("Prometheus is ready", () => prometheus.#isReady(), 30_000);
    } catch (err) {
      await prometheus[Symbol.asyncDispose]();
      throw err;
    }
    return prometheus;
  }

  /** Asks for the value of an expression now. */
  async query(expression: string): Promise<readonly Sample[]> {
    const body = new URLSearchParams({ query: expression });
    const response = await fetch(`${this.#url}/api/v1/query`, { method: "POST", body });
    const answer: unknown = await response.json();
    if (!isVector(answer)) throw new Error(`${expression}: ${JSON.stringify(answer)}`);
    return answer.data.result;
  }

  /** Waits until an alert fires. @returns all that fire then. */
  async untilFiring(alert: string): Promise<ReadonlySet<string>> {
    let firing: ReadonlySet<string> = new Set();
    const fires = async (): Promise<boolean> => {
      firing = await this.firing();
      return firing.has(alert);
    };
    await until(`${alert} fires`, fires, 30_000);
    return firing;
  }

  /** The same, while something is done again and again, five times a second. What fails of it may fail. */
  async untilFiringWhile(alert: string, cause: () => Promise<unknown>): Promise<ReadonlySet<string>> {
    const under = new Set<Promise<unknown>>();
    const again = setInterval(() => {
      const one: Promise<unknown> = cause()
        .catch(() => undefined)
        .finally(() => under.delete(one));
      under.add(one);
    }, 200);
    const firing = await this.untilFiring(alert).finally(() => clearInterval(again));
    await Promise.all(under);
    return firing;
  }

  /** Waits until an alert does not fire, as after another one's cause. */
  async untilQuiet(alert: string): Promise<void> {
    await until(`${alert} is quiet`, async () => !(await this.firing()).has(alert), 20_000);
  }

  /** The alerts that have fired within a second. */
  async firing(): Promise<ReadonlySet<string>> {
    const samples = await this.query('last_over_time(ALERTS{alertstate="firing"}[1s])');
    return new Set(samples.map(({ metric }) => metric["alertname"] ?? ""));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #isReady(): Promise<boolean> {
    if (this.#process.exitCode !== null) throw new Error("prometheus has ended");
    const response = await fetch(`${this.#url}/-/ready`).catch(() => undefined);
    return response?.ok === true;
  }
}

/** The same rules, over seconds where they are over minutes or a day, and without patience. */
const inAHurry = (rules: string, window: string): string =>
  rules
    .replaceAll(/\[\d+m\]/g, `[${window}]`)
    .replaceAll(/\boffset \d+[md]\b/g, "offset 5s")
    .replaceAll(/^ +for: .*\n/gm, "");

interface Vector {
  readonly data: { readonly resultType: "vector"; readonly result: readonly Sample[] };
}

const isVector = (answer: unknown): answer is Vector =>
  JSON.stringify(answer).includes('"resultType":"vector"');
