import { deepStrictEqual } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withRedis } from "@poplar/lease/testing";
import { generate } from "selfsigned";
import { stringify } from "yaml";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { runWell } from "../fixtures/run-program.ts";
import { Standalone } from "../fixtures/standalone.ts";
import { alertRules, alertsFile, Prometheus } from "./prometheus.ts";

/** A cause, as series: one value a minute, in promtool's notation. */
interface Cause {
  readonly alert: string;
  readonly severity: "page" | "ticket";
  readonly series: Readonly<Record<string, string>>;
  /** When it must have been noticed. */
  readonly at: string;
}

const refusals = (reason: string): string => `poplar_pop_refusals_total{instance="a",reason="${reason}"}`;
const logins = (outcome: string): string =>
  `poplar_pop_logins_total{instance="a",mechanism="USER",outcome="${outcome}"}`;
const deliveries = (outcome: string): string =>
  `poplar_lmtp_deliveries_total{instance="a",outcome="${outcome}"}`;
const commands = (verb: string, le: string): string =>
  `poplar_pop_command_duration_seconds_bucket{instance="a",verb="${verb}",le="${le}"}`;
const stat = (le: string): string => commands("STAT", le);
const pass = (le: string): string => commands("PASS", le);
const handshakes = (outcome: string): string =>
  `poplar_tls_handshakes_total{instance="a",outcome="${outcome}",version="TLSv1.3"}`;
const sessions = `poplar_pop_sessions_total{instance="a",listener="pop3",reason="quit"}`;

const causes: readonly Cause[] = [
  { alert: "PoplarDown", severity: "page", series: { 'up{job="poplar",instance="a"}': "1 0x5" }, at: "3m" },
  {
    alert: "PoplarDependencyDown",
    severity: "page",
    series: { 'poplar_dependency_up{instance="a",dependency="redis"}': "1 0x5" },
    at: "3m",
  },
  {
    alert: "PoplarSessionsFail",
    severity: "page",
    series: { [refusals("storage-down")]: "0+60x20" },
    at: "10m",
  },
  {
    alert: "PoplarInternalError",
    severity: "ticket",
    series: { [refusals("internal")]: "_ _ 1x20" },
    at: "3m",
  },
  {
    alert: "PoplarInternalError",
    severity: "ticket",
    series: { [deliveries("internal-error")]: "3x20 4x20", [deliveries("accepted")]: "0+600x40" },
    at: "25m",
  },
  {
    alert: "PoplarLeasesLost",
    severity: "ticket",
    series: { [refusals("lease-lost")]: "0+6x40" },
    at: "30m",
  },
  {
    alert: "PoplarMaildropsInUse",
    severity: "ticket",
    series: { [refusals("maildrop-in-use")]: "0+120x40", [logins("accepted")]: "0+300x40" },
    at: "30m",
  },
  {
    alert: "PoplarLoginsRefused",
    severity: "ticket",
    series: { [logins("bad-credentials")]: "0+600x40", [logins("accepted")]: "0+60x40" },
    at: "30m",
  },
  {
    alert: "PoplarLoginsRefused",
    severity: "ticket",
    // Nobody at all gets in.
    series: { [logins("bad-credentials")]: "0+600x40" },
    at: "30m",
  },
  {
    alert: "PoplarLoginsWait",
    severity: "page",
    series: {
      [refusals("busy")]: "0+60x20",
      'process_cpu_seconds_total{job="poplar",instance="a"}': "0+110x20",
    },
    at: "15m",
  },
  {
    alert: "PoplarCommandsSlow",
    severity: "ticket",
    series: { [pass("1")]: "0+20x40", [pass("5")]: "0+60x40", [pass("+Inf")]: "0+60x40" },
    at: "30m",
  },
  {
    alert: "PoplarCommandsSlow",
    severity: "ticket",
    series: { [stat("1")]: "0+10x40", [stat("5")]: "0+60x40", [stat("+Inf")]: "0+60x40" },
    at: "30m",
  },
  { alert: "PoplarNobodyComes", severity: "page", series: { [sessions]: "0+60x1440 86400x60" }, at: "1465m" },
  // All were restarted meanwhile, and have counted nothing.
  { alert: "PoplarNobodyComes", severity: "page", series: { [sessions]: "0+60x1440" }, at: "1470m" },
  {
    alert: "PoplarConnectionsRefused",
    severity: "ticket",
    series: {
      'poplar_connections_refused_total{instance="a",listener="pop3",reason="too-many-connections"}':
        "0+120x20",
    },
    at: "15m",
  },
  {
    alert: "PoplarTlsFails",
    severity: "page",
    series: { [handshakes("failed")]: "0+60x40", [handshakes("accepted")]: "0+20x40" },
    at: "30m",
  },
  {
    alert: "PoplarCertificateExpires",
    severity: "ticket",
    series: { poplar_certificate_not_after_timestamp_seconds: "864000x100" },
    at: "90m",
  },
  {
    alert: "PoplarCertificateExpires",
    severity: "page",
    series: { poplar_certificate_not_after_timestamp_seconds: "100000x100" },
    at: "1m",
  },
  {
    alert: "PoplarDeliveriesFail",
    severity: "page",
    series: { [deliveries("storage-down")]: "0+6x20", [deliveries("accepted")]: "0+60x20" },
    at: "15m",
  },
  {
    alert: "PoplarDeliveriesRefused",
    severity: "ticket",
    series: { [deliveries("unknown-recipient")]: "0+60x60", [deliveries("accepted")]: "0+20x60" },
    at: "45m",
  },
  {
    alert: "PoplarEventLoopLate",
    severity: "ticket",
    series: { 'poplar_event_loop_delay_seconds{instance="a",quantile="0.99"}': "0.4x30" },
    at: "15m",
  },
  {
    alert: "PoplarDescriptorsRunOut",
    severity: "page",
    series: { 'process_open_fds{job="poplar"}': "900x20", 'process_max_fds{job="poplar"}': "1000x20" },
    at: "10m",
  },
  {
    alert: "PoplarRestarts",
    severity: "page",
    series: { 'process_start_time_seconds{job="poplar"}': "0+60x20" },
    at: "10m",
  },
  {
    alert: "PoplarVersionsDiffer",
    severity: "ticket",
    series: {
      'poplar_build_info{instance="a",version="1.0.0"}': "1x200",
      'poplar_build_info{instance="b",version="1.1.0"}': "1x200",
    },
    at: "150m",
  },
];

/**
 * A server that works, with what always goes wrong: wrong passwords, unknown recipients, clients of many
 * years.
 */
const ordinary: Readonly<Record<string, string>> = {
  'up{job="poplar",instance="a"}': "1x1600",
  'poplar_dependency_up{instance="a",dependency="postgres"}': "1x1600",
  [refusals("bad-credentials")]: "0+60x1600",
  [refusals("maildrop-in-use")]: "0+30x1600",
  [refusals("storage-down")]: "7x1600",
  [refusals("internal")]: "2x1600",
  [logins("accepted")]: "0+600x1600",
  [logins("bad-credentials")]: "0+120x1600",
  [stat("1")]: "0+600x1600",
  [stat("+Inf")]: "0+601x1600",
  // One address guesses: it waits, and is turned away.
  [refusals("busy")]: "0+60x1600",
  [pass("1")]: "0+600x1600",
  [pass("+Inf")]: "0+900x1600",
  'process_cpu_seconds_total{job="poplar",instance="a"}': "0+6x1600",
  [sessions]: "0+600x1600",
  [handshakes("accepted")]: "0+600x1600",
  [handshakes("failed")]: "0+60x1600",
  poplar_certificate_not_after_timestamp_seconds: "5184000x1600",
  [deliveries("accepted")]: "0+600x1600",
  [deliveries("unknown-recipient")]: "0+60x1600",
  [deliveries("internal-error")]: "1x1600",
  'poplar_event_loop_delay_seconds{instance="a",quantile="0.99"}': "0.03x1600",
  'process_open_fds{job="poplar"}': "900x1600",
  'process_max_fds{job="poplar"}': "65536x1600",
  'process_start_time_seconds{job="poplar"}': "7x800 80000x800",
  'poplar_build_info{instance="a",version="1.0.0"}': "1x1600",
};

const firing = `count by (alertname, severity) (ALERTS{alertstate="firing"})`;

test("every alert fires on its cause, and only that one", async (t) => {
  const file = join(temporaryFolder(t), "alerts.test.yaml");
  const tests = causes.map(({ alert, severity, series, at }) => ({
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: firing,
        eval_time: at,
        exp_samples: [{ labels: `{alertname="${alert}",severity="${severity}"}`, value: 1 }],
      },
    ],
  }));
  writeFileSync(file, stringify({ rule_files: [alertsFile], tests }));
  await runWell("promtool", ["test", "rules", file]);

  const named = ({ alert, severity }: { alert: string; severity: string }): string => `${alert} ${severity}`;
  const all = alertRules().map(({ alert, labels: { severity } }) => named({ alert, severity }));
  deepStrictEqual(new Set(causes.map(named)), new Set(all), "each has a cause here");
});

test("a server that works sets off no alert in a day", async (t) => {
  const file = join(temporaryFolder(t), "alerts.test.yaml");
  const input_series = Object.entries(ordinary).map(([series, values]) => ({ series, values }));
  const quiet = ["20m", "200m", "810m", "1500m"].map((eval_time) => ({ expr: firing, eval_time }));
  const tests = [{ interval: "1m", input_series, promql_expr_test: quiet }];
  writeFileSync(file, stringify({ rule_files: [alertsFile], tests }));
  await runWell("promtool", ["test", "rules", file]);
});

test("what is broken in a running server reaches Prometheus as the alert for it", async (t) => {
  const folder = temporaryFolder(t);
  const redis = await withRedis({ after: (done) => t.after(done) });
  const tomorrow = new Date(Date.now() + 86_400_000);
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    notAfterDate: tomorrow,
  });
  const [certFile, keyFile] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const tls = [`--tls-cert=${certFile}`, `--tls-key=${keyFile}`];
  await using server = await Standalone.start({
    flags: [...tls, `--redis-url=${redis.url}`, "--connections-per-address-max=2", "--drain-seconds=1"],
  });
  await using prometheus = await Prometheus.start([server.ports.http]);
  await prometheus.untilFiring("PoplarCertificateExpires");

  const crowd = setInterval(() => {
    for (let client = 0; client < 4; client += 1)
      void server
        .connect()
        .then((one) => one[Symbol.dispose]())
        .catch(() => {});
  }, 100);
  await prometheus.untilFiring("PoplarConnectionsRefused").finally(() => clearInterval(crowd));

  await redis.kill();
  await prometheus.untilFiring("PoplarDependencyDown");

  await server.process.kill();
  await prometheus.untilFiring("PoplarDown");
});
