import { Counter, type Registry } from "prom-client";

/** A counter without labels for hot paths: adding is an addition, and the scrape reads the sum. */
export class Tally {
  #sum = 0;

  constructor(registry: Registry, name: string, help: string) {
    const sum = (): number => this.#sum;
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(sum());
      },
    });
  }

  /** @param amount at least 0. */
  add(amount: number): void {
    this.#sum += amount;
  }
}
