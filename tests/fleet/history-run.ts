import { setTimeout as delay } from "node:timers/promises";
import { checkHistory, History, type OperationCounts, type Violation } from "@poplar/testkit";
import { type TroubleCounts, troubleUntilAborted } from "./chaos.ts";
import { startFleet } from "./fleet.ts";
import { Random } from "./random.ts";
import { audit, workUntilAborted } from "./workload.ts";

export interface HistoryRunOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly maildrops: number;
  /** Decides who does what and what goes wrong; not in which order it happens. */
  readonly seed: number;
  readonly pop3: number;
  readonly lmtp: number;
}

export interface HistoryRunReport {
  readonly operations: OperationCounts;
  readonly troubles: TroubleCounts;
  readonly violations: readonly Violation[];
}

/** After this a pause of twice the time is soon over, and a crashed front end's maildrops soon free. */
const heartbeatTtlMs = 1500;

/** Lets clients loose on a fleet in which one thing after the other fails, and checks what they saw. */
export async function runHistory(options: HistoryRunOptions): Promise<HistoryRunReport> {
  const { pop3, lmtp, seed } = options;
  await using fleet = await startFleet({ pop3, lmtp, heartbeatTtlMs });
  const maildrops = await fleet.addLogins(options.maildrops);
  const history = new History();
  const random = new Random(seed);
  const signal = AbortSignal.timeout(options.seconds * 1000);
  const ports = { pop3: fleet.clients.pop3.port, lmtp: fleet.clients.lmtp.port };
  const clients = Array.from({ length: options.clients }, async () => {
    const own = new Random(random.integer(0, 2 ** 31));
    await workUntilAborted({ history, ports, maildrops, signal, random: own });
  });
  const [troubles] = await Promise.all([troubleUntilAborted(fleet, random, signal), ...clients]);
  // Leases of what was killed last.
  await delay(heartbeatTtlMs * 2);
  await Promise.all(maildrops.map(async (maildrop) => audit({ history, ports }, maildrop)));
  return { operations: history.counts(), troubles, violations: checkHistory(history.operations) };
}
