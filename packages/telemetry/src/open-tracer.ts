import { hostname } from "node:os";
import { DiagLogLevel, diag, type Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Log } from "./log.ts";

/** Where traces go, and whose they are. */
export interface TracerOptions {
  /** URL of an OTLP/HTTP collector, e.g. `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  /** The program that is traced, e.g. `pop3`. */
  readonly serviceName: string;
  readonly version: string;
}

/** For one batch, with what is tried again. A process that ends waits for as long. */
const exportMsMax = 2000;

/**
 * The SDK, with batches in the background: a collector that is slow or gone costs spans, never mail. Headers,
 * such as a key, come from `OTEL_EXPORTER_OTLP_HEADERS`, which the exporter reads itself.
 */
export function openTracer(
  { endpoint, serviceName, version }: TracerOptions,
  log: Pick<Log, "warn">,
): { readonly tracer: Tracer; shutdown(): Promise<void> } {
  const complain = (message: string): void =>
    log.warn({ event: "tracing-failed", message }, "traces are lost");
  const silent = (): void => undefined;
  const logger = { error: complain, warn: complain, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": `poplar-${serviceName}`,
      "service.version": version,
      "service.instance.id": `${hostname()}:${process.pid}`,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: endpoint, timeoutMillis: exportMsMax }),
      }),
    ],
  });
  return { tracer: provider.getTracer("poplar", version), shutdown: () => provider.shutdown() };
}
