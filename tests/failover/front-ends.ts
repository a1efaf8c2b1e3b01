import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppProcess, freePorts } from "@poplar/testkit";

/** A process of ours, where it listens, and where it says how it is. */
export interface FrontEnd {
  readonly app: AppProcess;
  readonly port: number;
  readonly healthPort: number;
}

export interface Engines {
  readonly postgresUrl: string;
  readonly redisUrl: string;
}

/** Two `pop3` and an `lmtp`, each a process of its own. */
export class FrontEnds implements AsyncDisposable {
  readonly pop3: readonly [FrontEnd, FrontEnd];
  readonly lmtp: FrontEnd;
  readonly #folder: string;

  private constructor(folder: string, pop3: readonly [FrontEnd, FrontEnd], lmtp: FrontEnd) {
    this.#folder = folder;
    this.pop3 = pop3;
    this.lmtp = lmtp;
  }

  static async start(engines: Engines): Promise<FrontEnds> {
    const folder = await mkdtemp(join(tmpdir(), "poplar-failover-"));
    const prepare = async (kind: "pop3" | "lmtp", number: number): Promise<FrontEnd> => {
      const [port = 0, healthPort = 0] = await freePorts(2);
      const place = [
        `--${kind}-port=${port}`,
        `--http-port=${healthPort}`,
        `--data-dir=${join(folder, `${kind}-${number}`)}`,
      ];
      const limits = kind === "pop3" ? ["--allow-plaintext-login", "--connections-per-address-max=1000"] : [];
      const app = new AppProcess({
        name: `${kind}-${number}`,
        script: fileURLToPath(new URL(`../../apps/${kind}/src/main.ts`, import.meta.url)),
        parameters: [
          ...place,
          ...limits,
          `--postgres-url=${engines.postgresUrl}`,
          `--redis-url=${engines.redisUrl}`,
        ],
        readyUrl: `http://127.0.0.1:${healthPort}/health/ready`,
      });
      return { app, port, healthPort };
    };
    const pop3 = [await prepare("pop3", 1), await prepare("pop3", 2)] as const;
    const frontEnds = new FrontEnds(folder, pop3, await prepare("lmtp", 1));
    try {
      await Promise.all(frontEnds.all.map(async ({ app }) => app.start()));
    } catch (err) {
      await frontEnds[Symbol.asyncDispose]();
      throw err;
    }
    return frontEnds;
  }

  get all(): readonly FrontEnd[] {
    return [...this.pop3, this.lmtp];
  }

  /** Whether a balancer would send clients to all of them. */
  async areReady(): Promise<boolean> {
    const asked = this.all.map(async ({ healthPort }) =>
      fetch(`http://127.0.0.1:${healthPort}/health/ready`),
    );
    return (await Promise.all(asked)).every(({ ok }) => ok);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { app } of this.all) await app.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
