import type { TracerOptions } from "./open-tracer.ts";
import type { Telemetry } from "./telemetry.ts";

/** Where traces go, and of how much. */
export interface TracingOptions extends TracerOptions {
  /** One session and one delivery in so many; 1: all. */
  readonly oneIn: number;
}

/** How long closing waits for a collector that stalls. */
const closeMsMax = 2500;

/**
 * A telemetry whose events also become spans: one for each session, with its logins, transfers and UPDATE
 * below it, and one for each delivery. Without options it is the telemetry that it was, and nothing is
 * loaded.
 *
 * Spans name no login and no address, for collectors are often somebody else's: the session id leads to the
 * log, which does.
 */
export async function withTracing(
  telemetry: Telemetry,
  options: TracingOptions | undefined,
): Promise<Telemetry> {
  if (options === undefined) return telemetry;
  const [{ openTracer }, { traceEvents }] = await Promise.all([
    import("./open-tracer.ts"),
    import("./trace-events.ts"),
  ]);
  const sender = openTracer(options, telemetry.log);
  return {
    ...telemetry,
    events: traceEvents(telemetry.events, sender.tracer, options.oneIn),
    async close() {
      const { promise: patience, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, closeMsMax);
      const sent = sender.shutdown().catch((cause: unknown) => {
        telemetry.log.warn({ event: "tracing-failed", cause }, "traces are lost");
      });
      await Promise.race([sent, patience]);
      clearTimeout(timer);
      await telemetry.close();
    },
  };
}
