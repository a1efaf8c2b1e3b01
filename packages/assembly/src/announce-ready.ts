import { setTimeout as delay } from "node:timers/promises";
import type { Foundation } from "./foundation.ts";
import type { ServiceParts } from "./service.ts";

const retryMs = 500;

/**
 * Says that the process is ready as soon as `/health/ready` does so too: when what it depends on answers,
 * which may be later than that it listens.
 *
 * @param say how it is said; else as an event.
 */
export async function announceReady(
  { dependencies }: Foundation,
  { telemetry, stopping }: ServiceParts,
  say: () => void = () => telemetry.events.ready(),
): Promise<void> {
  while (!stopping.aborted) {
    const states = await Promise.all(dependencies.map((dependency) => dependency.check()));
    if (states.every(({ isUp }) => isUp)) {
      say();
      return;
    }
    await delay(retryMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}
