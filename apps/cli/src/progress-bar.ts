import { stderr } from "node:process";
import { colors } from "./colors.ts";

const columns = 30;
const drawEveryMs = 100;

/** Shows how far something long has come, on a terminal alone: scripts read no bars. */
export class ProgressBar {
  readonly #total: number;
  readonly #unit: string;
  readonly #startMs = performance.now();
  #done = 0;
  #drawnMs = 0;

  constructor(total: number, unit: string) {
    this.#total = total;
    this.#unit = unit;
  }

  /** So many more are done. */
  advance(count: number): void {
    this.#done += count;
    const nowMs = performance.now();
    if (!stderr.isTTY || (nowMs - this.#drawnMs < drawEveryMs && this.#done < this.#total)) return;
    this.#drawnMs = nowMs;
    stderr.write(`\r${this.#line(nowMs)}\u001b[K`);
  }

  /** Makes room for what is said next. */
  end(): void {
    if (stderr.isTTY && this.#drawnMs > 0) stderr.write("\r\u001b[K");
  }

  #line(nowMs: number): string {
    const share = this.#total === 0 ? 1 : this.#done / this.#total;
    const filled = Math.round(share * columns);
    const rate = this.#done / Math.max((nowMs - this.#startMs) / 1000, 0.001);
    const leftSeconds = Math.ceil((this.#total - this.#done) / Math.max(rate, 0.001));
    const bar = colors.green("█".repeat(filled)) + colors.dim("░".repeat(columns - filled));
    const figures = `${this.#done}/${this.#total} ${this.#unit}, ${Math.round(rate)}/s`;
    return `${bar} ${Math.floor(share * 100)}% ${figures}, ${durationText(leftSeconds)} left`;
  }
}

const durationText = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
