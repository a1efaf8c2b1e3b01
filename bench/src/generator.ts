import { PopClient, type Turn } from "./pop-client.ts";
import type { LoginPair } from "./server-under-test.ts";

/** What the generator is told to do; it runs in a process of its own, so that its CPU is not the server's. */
export interface Load {
  readonly port: number;
  readonly tls: "none" | "full" | "resumed";
  readonly logins: readonly LoginPair[];
  readonly turns: readonly Turn[];
  readonly concurrency: number;
  readonly seconds: number;
  /** Each login once, instead of as often as the time allows. */
  readonly isOnce: boolean;
}

/** What it did. */
export interface LoadReport {
  readonly sessions: number;
  readonly failures: readonly string[];
  readonly resumed: number;
  readonly seconds: number;
  /** From connecting to the answer to PASS, milliseconds, in order of size. */
  readonly loginMs: readonly number[];
}

/** A closed loop: so many sessions at once, each login in one at a time. */
async function generate(load: Load): Promise<LoadReport> {
  const idle = [...load.logins];
  const tickets = new Map<string, Buffer>();
  const loginMs: number[] = [];
  const failures: string[] = [];
  let resumed = 0;
  const startedMs = performance.now();
  const isOver = (): boolean => !load.isOnce && performance.now() - startedMs > load.seconds * 1000;

  async function session(login: Load["logins"][number]): Promise<void> {
    const beganMs = performance.now();
    const tls =
      load.tls === "none"
        ? undefined
        : {
            session: load.tls === "resumed" ? tickets.get(login.name) : undefined,
            onSession: (ticket: Buffer) => tickets.set(login.name, ticket),
          };
    const client = await PopClient.open(load.port, tls);
    try {
      await client.authenticate(login);
      loginMs.push(performance.now() - beganMs);
      if (client.isResumed) resumed += 1;
      for (const turn of load.turns) await client.say(turn);
      await client.quit();
    } finally {
      client.close();
    }
  }

  async function worker(): Promise<void> {
    while (!isOver()) {
      const login = idle.shift();
      if (login === undefined) return;
      try {
        await session(login);
      } catch (err) {
        failures.push(String(err));
        if (failures.length > 100) return;
      }
      if (!load.isOnce) idle.push(login);
    }
  }

  await Promise.all(Array.from({ length: Math.min(load.concurrency, load.logins.length) }, worker));
  return {
    sessions: loginMs.length,
    failures: failures.slice(0, 3),
    resumed,
    seconds: (performance.now() - startedMs) / 1000,
    loginMs: loginMs.toSorted((a, b) => a - b),
  };
}

process.once("message", (load: Load) => {
  void generate(load).then((report) => {
    process.send?.(report);
    process.disconnect();
  });
});
