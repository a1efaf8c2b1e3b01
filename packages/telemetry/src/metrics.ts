import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { DurationHistogram } from "./duration-histogram.ts";
import { Tally } from "./tally.ts";

/** Everything that Poplar counts, named once. The names are public: dashboards and alerts rely on them. */
export interface Metrics {
  readonly popSessions: Gauge<"listener">;
  readonly popSessionsTotal: Counter<"listener" | "reason">;
  readonly popMessagesDeleted: Tally;
  readonly popCommandDuration: DurationHistogram;
  readonly popMessagesRetrieved: Tally;
  readonly popOctetsSent: Tally;
  readonly popLogins: Counter<"mechanism" | "outcome">;
  readonly authProofs: Counter<"mechanism" | "outcome">;
  readonly popRefusals: Counter<"reason">;
  readonly connectionsRefused: Counter<"listener" | "reason">;
  readonly tlsHandshakes: Counter<"outcome" | "version">;
  readonly lmtpDeliveries: Counter<"outcome">;
  readonly lmtpDeliveryDuration: DurationHistogram;
  readonly lmtpOctetsReceived: Tally;
  /** Absent until a certificate is in use: a zero would alarm people whose listeners have none. */
  readonly certificateNotAfter: Gauge;
  readonly dependencyUp: Gauge<"dependency">;
  readonly operations: Counter<"operation" | "outcome">;
  /** The Prometheus text format, version 0.0.4. */
  text(): Promise<string>;
  /** Stops measuring; what was measured can still be read. */
  close(): void;
}

/** What `poplar_build_info` says. */
export interface BuildInfo {
  readonly service: string;
  readonly version: string;
}

/** Makes the instruments on a registry of their own, with those of the process beside them. */
export function createMetrics(build: BuildInfo): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // An idle process wakes up for each look at the event loop, and ours looks itself.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 500 });
  describeBuild(registry, build);
  const stopEventLoopDelay = measureEventLoopDelay(registry);

  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers });
  const tally = (name: string, help: string): Tally => new Tally(registry, name, help);

  const popCommandDuration = new DurationHistogram(
    "poplar_pop_command_duration_seconds",
    "From a POP command to the last octet of its answer.",
    "verb",
  );
  const lmtpDeliveryDuration = new DurationHistogram(
    "poplar_lmtp_delivery_duration_seconds",
    "From the start of DATA to the answer for a recipient.",
    "outcome",
  );
  const certificateNotAfter = gauge(
    "poplar_certificate_not_after_timestamp_seconds",
    "When the certificate in use expires.",
    [],
  );
  certificateNotAfter.remove();

  return {
    popSessions: gauge("poplar_pop_sessions", "POP sessions open now.", ["listener"]),
    popSessionsTotal: counter("poplar_pop_sessions_total", "POP sessions by what ended them.", [
      "listener",
      "reason",
    ]),
    popMessagesDeleted: tally("poplar_pop_messages_deleted_total", "Messages that UPDATE removed."),
    popCommandDuration,
    popMessagesRetrieved: tally("poplar_pop_messages_retrieved_total", "Messages that RETR sent whole."),
    popOctetsSent: tally("poplar_pop_octets_sent_total", "Octets of mail sent by RETR and TOP."),
    popLogins: counter("poplar_pop_logins_total", "Attempts to log in.", ["mechanism", "outcome"]),
    authProofs: counter(
      "poplar_auth_proofs_total",
      "Proofs judged, by the reason that clients do not hear.",
      ["mechanism", "outcome"],
    ),
    popRefusals: counter("poplar_pop_refusals_total", "POP commands answered -ERR.", ["reason"]),
    connectionsRefused: counter("poplar_connections_refused_total", "Clients turned away at the door.", [
      "listener",
      "reason",
    ]),
    tlsHandshakes: counter("poplar_tls_handshakes_total", "TLS handshakes.", ["outcome", "version"]),
    lmtpDeliveries: counter("poplar_lmtp_deliveries_total", "Deliveries, one per recipient.", ["outcome"]),
    lmtpDeliveryDuration,
    lmtpOctetsReceived: tally("poplar_lmtp_octets_received_total", "Octets of the copies that were stored."),
    certificateNotAfter,
    dependencyUp: gauge("poplar_dependency_up", "1 while a dependency answers, else 0.", ["dependency"]),
    operations: counter("poplar_operations_total", "Changes that operators and mail users asked for.", [
      "operation",
      "outcome",
    ]),
    text: async () =>
      (await registry.metrics()) + popCommandDuration.exposition() + lmtpDeliveryDuration.exposition(),
    close: stopEventLoopDelay,
  };
}

function describeBuild(registry: Registry, build: BuildInfo): void {
  new Gauge({
    name: "poplar_build_info",
    help: "What runs; the value is always 1.",
    labelNames: ["service", "version", "node"],
    registers: [registry],
  }).set({ ...build, node: process.versions.node }, 1);
}

/** How often to look how late a timer fires, in milliseconds. */
const lookMs = 50;

/** How late timers fire: the first sign that one process is given too much. Returns what stops it. */
function measureEventLoopDelay(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: lookMs });
  delay.enable();
  new Gauge({
    name: "poplar_event_loop_delay_seconds",
    help: "Delay of the event loop since the last scrape.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of [0.5, 0.99, 1]) {
        // From one firing to the next, the time that was asked for included.
        const lateMs = delay.percentile(quantile * 100) / 1e6 - lookMs;
        this.set({ quantile: String(quantile) }, Math.max(0, lateMs) / 1000);
      }
      delay.reset();
    },
  });
  return () => delay.disable();
}
