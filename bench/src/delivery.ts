import { LmtpClient } from "./lmtp-client.ts";
import { messageOf } from "./mail-seed.ts";
import type { Figure } from "./measure.ts";
import { cpuByPart } from "./measure.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** Mail of 4 KB comes in for so many logins; those that other scenarios read are left alone. */
const recipients = { first: 401, count: 100 };

/** Delivers over some connections at once, each message to one recipient. @returns the median run by CPU. */
export async function measureDelivery(
  server: ServerUnderTest,
  options: { readonly seconds: number; readonly runs: number; readonly concurrency: number },
): Promise<Figure> {
  const figures: Figure[] = [];
  for (let run = 0; run <= options.runs; run += 1) {
    const figure = await runOnce(server, options);
    if (run > 0) figures.push(figure);
  }
  figures.sort((a, b) => a.cpuPerUnit - b.cpuPerUnit);
  const median = figures[Math.floor(figures.length / 2)];
  if (median === undefined) throw new Error("nothing was measured");
  return median;
}

async function runOnce(
  server: ServerUnderTest,
  { seconds, concurrency }: { readonly seconds: number; readonly concurrency: number },
): Promise<Figure> {
  const content = messageOf(1, 4096);
  const latencies: number[] = [];
  let turn = 0;
  const startedMs = performance.now();
  const costOf = cpuByPart(server);
  const worker = async (): Promise<void> => {
    const client = await LmtpClient.open(server.lmtpPort);
    while (performance.now() - startedMs < seconds * 1000) {
      turn += 1;
      const beganMs = performance.now();
      await client.deliver([server.recipientOf(recipients.first + (turn % recipients.count))], content);
      latencies.push(performance.now() - beganMs);
    }
    await client.quit();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const cost = costOf(latencies.length);
  latencies.sort((a, b) => a - b);
  return {
    ...cost,
    unitsPerSecond: (latencies.length / (performance.now() - startedMs)) * 1000,
    loginP99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    resumedShare: 0,
  };
}
