export type {
  AuthEvents,
  CommandRefused,
  ConnectionEvents,
  ConnectionRefused,
  DeliveryAccepted,
  DeliveryEvents,
  DeliveryOutcome,
  DeliveryRefused,
  Events,
  ListenerName,
  LoginRefused,
  OperationDone,
  PopEvents,
  ServiceEvents,
  SessionSummary,
  TlsHandshake,
} from "./events.ts";
export { ListenError } from "./listen-error.ts";
export type { Log, LogDestination, LogOptions } from "./log.ts";
export { createTelemetry, metricsContentType, type Telemetry, type TelemetryOptions } from "./telemetry.ts";
export { type TracingOptions, withTracing } from "./tracing.ts";
