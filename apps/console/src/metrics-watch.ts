import { sumOf } from "./prometheus-text.ts";
import { metricsText } from "./send.ts";

/** A figure over the last minutes. */
export interface Series {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly number[];
  /** Does the process that is asked count this at all? */
  readonly isKnown: boolean;
}

interface Measure {
  readonly title: string;
  readonly unit: string;
  readonly metric: string;
  /** Counters are shown by the second. */
  readonly isCounter: boolean;
}

const measures: readonly Measure[] = [
  { title: "Sessions", unit: "open", metric: "poplar_pop_sessions", isCounter: false },
  { title: "Logins", unit: "a second", metric: "poplar_pop_logins_total", isCounter: true },
  { title: "Refusals", unit: "-ERR a second", metric: "poplar_pop_refusals_total", isCounter: true },
  { title: "Deliveries", unit: "a second", metric: "poplar_lmtp_deliveries_total", isCounter: true },
];

interface Sample {
  readonly atMs: number;
  readonly sums: readonly (number | undefined)[];
}

/** Ten minutes. */
const samplesMax = 120;

/** Remembers, for as long as the page is open, what the process counts. Prometheus remembers for longer. */
export class MetricsWatch {
  #samples: readonly Sample[] = [];

  async sample(): Promise<void> {
    const text = await metricsText();
    if (text === undefined) return;
    const sums = measures.map(({ metric }) => sumOf(text, metric));
    this.#samples = [...this.#samples, { atMs: performance.now(), sums }].slice(-samplesMax);
  }

  series(): readonly Series[] {
    return measures.map(({ title, unit, isCounter }, index) => ({
      title,
      unit,
      points: isCounter ? this.#rates(index) : this.#samples.map(({ sums }) => sums[index] ?? 0),
      isKnown: this.#samples.some(({ sums }) => sums[index] !== undefined),
    }));
  }

  /** A counter that went down has begun anew, with a new process. */
  #rates(index: number): readonly number[] {
    return this.#samples.slice(1).map(({ atMs, sums }, at) => {
      const before = this.#samples[at];
      const seconds = (atMs - (before?.atMs ?? 0)) / 1000;
      const grown = (sums[index] ?? 0) - (before?.sums[index] ?? 0);
      return seconds > 0 ? Math.max(0, grown) / seconds : 0;
    });
  }
}
