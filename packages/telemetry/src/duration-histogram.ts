/** Upper bounds in seconds: from a cached RETR to a Postgres that hangs. */
const bucketSeconds: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** More label values than this are counted together: a label must never grow with what strangers send. */
const labelValuesMax = 64;

interface Series {
  /** One per bound and one for what is slower than all of them; each counts its own interval only. */
  readonly counts: Float64Array;
  seconds: number;
}

/**
 * A Prometheus histogram with one label, for hot paths: an observation is a map look-up and three additions.
 *
 * The client library's own hashes its labels with each observation, which costs more than a command that is
 * answered from memory.
 */
export class DurationHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #label: string;
  readonly #series: Map<string, Series> = new Map();

  constructor(name: string, help: string, label: string) {
    this.#name = name;
    this.#help = help;
    this.#label = label;
  }

  /** Counts one duration. The label value must come from a fixed set, such as known verbs. */
  observe(labelValue: string, seconds: number): void {
    const series = this.#seriesOf(labelValue);
    let bucket = 0;
    while (bucket < bucketSeconds.length && seconds > (bucketSeconds[bucket] ?? 0)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.seconds += seconds;
  }

  /** The Prometheus text format, version 0.0.4. */
  exposition(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    for (const [labelValue, series] of this.#series) {
      const label = `${this.#label}="${escapeLabel(labelValue)}"`;
      let total = 0;
      for (const [bucket, count] of series.counts.entries()) {
        total += count;
        lines.push(`${this.#name}_bucket{${label},le="${bucketSeconds[bucket] ?? "+Inf"}"} ${total}`);
      }
      lines.push(`${this.#name}_sum{${label}} ${series.seconds}`, `${this.#name}_count{${label}} ${total}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #seriesOf(labelValue: string): Series {
    const known = this.#series.get(labelValue);
    if (known !== undefined) return known;
    if (this.#series.size >= labelValuesMax && labelValue !== "other") return this.#seriesOf("other");
    const series = { counts: new Float64Array(bucketSeconds.length + 1), seconds: 0 };
    this.#series.set(labelValue, series);
    return series;
  }
}

const escapeLabel = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
