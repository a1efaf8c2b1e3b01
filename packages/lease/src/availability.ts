import type { Fault } from "@poplar/protocol";
import type { ServiceEvents } from "@poplar/telemetry";
import { foreseen, RedisAwayError } from "./foreseen.ts";

/** Whether a dependency answers, told once for each change. */
export class Availability {
  /** Resolves when it is known for the first time. */
  readonly known: Promise<void>;
  readonly #resolveKnown: () => void;
  readonly #dependency: string;
  readonly #events: Pick<ServiceEvents, "dependencyDown" | "dependencyUp"> | undefined;
  #state: "unknown" | "up" | "down" | "stopped" = "unknown";
  #cause: unknown;

  constructor(
    dependency: string,
    events: Pick<ServiceEvents, "dependencyDown" | "dependencyUp"> | undefined,
  ) {
    this.#dependency = dependency;
    this.#events = events;
    let resolveKnown = (): void => undefined;
    this.known = new Promise((resolve) => {
      resolveKnown = resolve;
    });
    this.#resolveKnown = resolveKnown;
  }

  /** It answered. The first time this is no news. */
  answered(): void {
    if (this.#state === "down") this.#events?.dependencyUp(this.#dependency);
    this.#enter("up");
  }

  /** It did not answer. @returns the fault that says so. */
  lost(thrown: unknown): Fault {
    const cause = foreseen(thrown);
    this.#cause = cause;
    if (this.#state === "unknown" || this.#state === "up") {
      this.#events?.dependencyDown({ dependency: this.#dependency, cause });
    }
    this.#enter("down");
    return this.fault();
  }

  /** The fault of the last time that it did not answer. */
  fault(): Fault {
    return { fault: "lease-store-down", cause: this.#cause ?? new RedisAwayError("not connected yet") };
  }

  /** What happens from here on is our own doing, and not told. */
  stop(): void {
    this.#enter("stopped");
  }

  #enter(state: "up" | "down" | "stopped"): void {
    if (this.#state !== "stopped") this.#state = state;
    this.#resolveKnown();
  }
}
