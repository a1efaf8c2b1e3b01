import type { Events, SessionSummary } from "@poplar/telemetry";

type Name = keyof Events;

/** All events but the hot ones have one argument, which says everything. */
type Reported<N extends Name> = Parameters<Events[N]>[0];

/** Remembers all events, and lets a test wait for one. */
export class LabEvents {
  readonly #reports = new Map<Name, unknown[]>();
  readonly #waiting = new Set<() => void>();
  readonly events: Events = this.#recorder();

  /** What was reported under a name, in order. */
  all<N extends Name>(name: N): readonly Reported<N>[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- kept under the name it was reported by
    return (this.#reports.get(name) ?? []) as Reported<N>[];
  }

  /** The n-th event of a name, from the past or to come. */
  async one<N extends Name>(name: N, n = 1): Promise<Reported<N>> {
    for (;;) {
      const event = this.all(name)[n - 1];
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** The summary of the n-th session that ended. */
  summary(n = 1): Promise<SessionSummary> {
    return this.one("sessionEnded", n);
  }

  #recorder(): Events {
    const hear = (name: Name, event: unknown): void => {
      const reports = this.#reports.get(name);
      if (reports === undefined) this.#reports.set(name, [event]);
      else reports.push(event);
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the proxy has a method of every name
    return new Proxy({} as Events, {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- reached through Events only
      get: (_target, name) => (event: unknown) => hear(name as Name, event),
    });
  }
}
