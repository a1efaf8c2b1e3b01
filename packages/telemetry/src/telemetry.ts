import { createEvents } from "./create-events.ts";
import type { Events } from "./events.ts";
import { createLog, type Log, type LogOptions } from "./log.ts";
import { createMetrics } from "./metrics.ts";

/** What a telemetry is made from. */
export interface TelemetryOptions extends LogOptions {
  /** Version of the product, for `poplar_build_info`. */
  readonly version?: string;
}

/** Log, events and metrics of one process. */
export interface Telemetry {
  readonly log: Log;
  readonly events: Events;
  /** The metrics in the Prometheus text format (content type `metricsContentType`). */
  readonly metricsText: () => Promise<string>;
  /** Writes out what is buffered and stops measuring; the log can still be used. */
  close(): Promise<void>;
}

/** Content type of `metricsText`. */
export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/** Made once, by an app, and passed on by argument. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const log = createLog(options);
  const metrics = createMetrics({ service: options.serviceName, version: options.version ?? "unknown" });
  return {
    log,
    events: createEvents(log, metrics),
    metricsText: () => metrics.text(),
    async close() {
      metrics.close();
      await new Promise<void>((resolve) => log.flush(() => resolve()));
    },
  };
}
