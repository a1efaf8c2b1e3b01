export type {
  AuthEvents,
  ConnectionEvents,
  ConnectionRefused,
  DeliveryAccepted,
  DeliveryEvents,
  DeliveryRefused,
  Events,
  ListenerName,
  OperationDone,
  PopEvents,
  ServiceEvents,
  SessionSummary,
} from "./events.ts";
export { ListenError } from "./listen-error.ts";
export type { Log } from "./log.ts";
export { createTelemetry, metricsContentType, type Telemetry } from "./telemetry.ts";
export { withTracing } from "./tracing.ts";
