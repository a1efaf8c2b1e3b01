import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { generatorCore } from "./process-tree.ts";
import type { Scenario } from "./scenario.ts";
import { password, type ServerUnderTest } from "./server-under-test.ts";

/** What `popload --json` says, as far as it is used here. */
interface PoploadReport {
  readonly seconds: number;
  readonly sessions: number;
  readonly messages: number;
  readonly body_bytes: number;
  readonly tls_full: number;
  readonly tls_resumed: number;
  readonly violations: number;
  readonly net_errors: number;
  readonly minus_err: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly latency_ms: { readonly login?: { readonly p99: number } };
}

/** What a generator has done. */
export interface Done {
  readonly units: number;
  readonly seconds: number;
  readonly loginP99Ms: number;
  readonly resumedShare: number;
}

/**
 * Loads a server with `popload`, which checks every octet that it is served.
 *
 * @throws Error when anything was not as the protocol says.
 */
export async function runPopload(
  program: string,
  server: ServerUnderTest,
  scenario: Scenario,
  { seconds, concurrency }: { readonly seconds: number; readonly concurrency: number },
): Promise<Done> {
  const { mail, tls, unit } = scenario;
  const values = {
    cpu: generatorCore,
    timeout: 60,
    pass: password,
    port: tls === "none" ? server.pop3Port : server.pop3sPort,
    tls: tls === "none" ? "none" : "implicit",
    users: server.poploadUsers,
    ufirst: mail.firstLogin,
    ucount: mail.logins,
    concurrency: Math.min(concurrency, mail.logins),
    duration: scenario.isDrain === true ? 120 : seconds,
    ...(scenario.isDrain === true && { sessions: mail.logins }),
  };
  const named = Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const flags = ["--json", ...(tls === "resumed" ? ["--tls-resume"] : []), ...scenario.popload.split(" ")];
  const { stdout } = await promisify(execFile)(program, [...named, ...flags], { maxBuffer: 1e7 });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this is what it prints
  const report = JSON.parse(stdout) as PoploadReport;
  const faults = report.violations + report.net_errors + report.minus_err;
  if (faults > 0) throw new Error(`${scenario.name}: ${JSON.stringify(report.errors)}, ${faults} in all`);
  return {
    units:
      unit === "session" ? report.sessions : unit === "message" ? report.messages : report.body_bytes / 1e9,
    seconds: report.seconds,
    loginP99Ms: report.latency_ms.login?.p99 ?? 0,
    resumedShare: report.tls_resumed / Math.max(1, report.tls_resumed + report.tls_full),
  };
}
