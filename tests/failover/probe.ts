import { setTimeout as delay } from "node:timers/promises";
import { until } from "@poplar/testkit";
import { PASSWORD } from "../fleet/fleet.ts";
import { LinkLost } from "../fleet/line-client.ts";
import { LmtpClient } from "../fleet/lmtp-client.ts";
import { PopClient, Refused } from "../fleet/pop-client.ts";

/** A client that came, and what it was told. */
interface Try {
  readonly from: number;
  readonly to: number;
  readonly isServed: boolean;
  readonly answer: string;
}

/** How long clients were not served, and what they heard meanwhile. */
export interface Interruption {
  /** From the first client that was not served to the first after the last of them; 0 when all were. */
  readonly seconds: number;
  /** How often each refusal was heard. */
  readonly refusals: Readonly<Record<string, number>>;
  /** The longest that a client waited for a refusal. */
  readonly slowestRefusalMs: number;
  readonly served: number;
}

/** So many clients in a row are served: it is over. */
const servedInARow = 5;

/** One client after the other, twenty a second at most. */
export class Probe implements AsyncDisposable {
  readonly name: string;
  readonly #tries: Try[] = [];
  readonly #running: Promise<void>;
  #isOver = false;

  /** @param attempt comes as a client and leaves again. @returns the answer that counts. */
  private constructor(name: string, attempt: () => Promise<string>) {
    this.name = name;
    this.#running = this.#run(attempt);
  }

  /** Clients that open a maildrop, list it and leave. */
  static logins(name: string, port: number, login: string): Probe {
    return new Probe(name, async () => {
      using client = await PopClient.connect(port);
      const answer = await client.logIn(login, PASSWORD);
      if (answer.startsWith("+OK")) {
        await client.list();
        await client.ask("QUIT");
      }
      return answer;
    });
  }

  /** Mail servers that deliver one message. */
  static deliveries(name: string, port: number, login: string): Probe {
    return new Probe(name, async () => {
      using client = await LmtpClient.connect(port);
      return String(await client.deliver(login, "Subject: probe\r\n\r\nprobe\r\n"));
    });
  }

  /** Waits until clients have been refused since then, and are served again. */
  async untilServedAgain(since: number, limitMs: number): Promise<void> {
    const wasRefused = (): boolean => this.#since(since).some(({ isServed }) => !isServed);
    await until(`${this.name}: refused`, wasRefused, limitMs);
    await this.untilServed(since, limitMs);
  }

  /** Waits until clients that came since then are served, one after the other. */
  async untilServed(since: number, limitMs: number): Promise<void> {
    const isServed = (): boolean => {
      const last = this.#since(since).slice(-servedInARow);
      return last.length === servedInARow && last.every((one) => one.isServed);
    };
    await until(`${this.name}: served`, isServed, limitMs);
  }

  /** What came of a cause. */
  interruption(since: number): Interruption {
    const tries = this.#since(since);
    const lastRefused = tries.findLastIndex(({ isServed }) => !isServed);
    const back = tries[lastRefused + 1];
    const refused = tries.filter(({ isServed }) => !isServed);
    const [first] = refused;
    const refusals: Record<string, number> = {};
    for (const { answer } of refused) refusals[answer] = (refusals[answer] ?? 0) + 1;
    return {
      seconds: first === undefined || back === undefined ? 0 : Math.round(back.to - first.from) / 1000,
      refusals,
      slowestRefusalMs: Math.round(Math.max(0, ...refused.map(({ from, to }) => to - from))),
      served: tries.length - refused.length,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  #since(since: number): readonly Try[] {
    return this.#tries.filter(({ to }) => to >= since);
  }

  async #run(attempt: () => Promise<string>): Promise<void> {
    while (!this.#isOver) {
      const from = performance.now();
      const answer = await attempt().catch((err: unknown) => {
        if (err instanceof LinkLost) return `lost: ${err.message}`;
        if (err instanceof Refused) return err.message;
        throw err;
      });
      const isServed = /^(?:\+OK|250)/.test(answer);
      this.#tries.push({ from, to: performance.now(), isServed, answer: isServed ? "" : answer });
      await delay(50);
    }
  }
}
