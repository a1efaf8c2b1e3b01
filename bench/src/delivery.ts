import { LmtpClient } from "./lmtp-client.ts";
import { messageOf } from "./mail-seed.ts";
import { cpuByPart, type Figure, type MeasureOptions } from "./measure.ts";
import { medianRun, quantile } from "./runs.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** Mail of 4 KB comes in for so many logins; those that other scenarios read are left alone. */
const recipients = { first: 501, count: 100 };

/** Delivers over some connections at once, each message to one recipient. @returns the median run by CPU. */
export const measureDelivery = async (server: ServerUnderTest, options: MeasureOptions): Promise<Figure> =>
  medianRun(options, async (seconds) => deliverFor(seconds, server, options.concurrency));

async function deliverFor(seconds: number, server: ServerUnderTest, concurrency: number): Promise<Figure> {
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
  return {
    ...costOf(latencies.length),
    unitsPerSecond: (latencies.length / (performance.now() - startedMs)) * 1000,
    loginP99Ms: quantile(
      latencies.toSorted((one, other) => one - other),
      0.99,
    ),
    resumedShare: 0,
  };
}
