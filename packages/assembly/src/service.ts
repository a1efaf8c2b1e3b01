import type { Config } from "@poplar/config";
import type { Telemetry } from "@poplar/telemetry";

/** A service that is up. */
export interface Service {
  /** Reads again what can be changed while it runs (certificates). Called on SIGHUP. */
  reload(): Promise<void>;
  /**
   * Fails readiness and waits until balancers have noticed; then lets sessions end for so many milliseconds,
   * and ends them.
   *
   * @returns how many it had to cut.
   */
  drain(limitMs: number): Promise<number>;
}

/** What a service is made with. */
export interface ServiceParts {
  readonly config: Config;
  readonly telemetry: Telemetry;
  /** What was opened, to be closed last to first when the service ends or does not come up. */
  readonly opened: AsyncDisposableStack;
  /** Aborted when the process is asked to stop: what waits while it starts waits no longer. */
  readonly stopping: AbortSignal;
}
