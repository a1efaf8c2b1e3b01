import { isRegistryFault, type Totals } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { z } from "zod";
import { defineOperation, type Operation } from "./operation.ts";

/** How much of everything there is. */
export interface Statistics extends Totals {
  /** Open now, at most 1,000 counted; `null` while the leases cannot be asked. */
  readonly sessions: number | null;
}

const sessionsCounted = 1000;

/** Counts everything, for people: what is watched all the time is in the metrics. */
export const showStatistics: Operation<Record<string, never>, Statistics> = defineOperation({
  name: "show-statistics",
  inputSchema: z.strictObject({}),
  reach: () => [],
  perform: async ({ registry, sessions }) => {
    const totals = await registry.totals();
    if (isRegistryFault(totals)) return totals;
    const found = await sessions.findSessions({ limit: sessionsCounted });
    return { ...totals, sessions: isFault(found) ? null : found.sessions.length };
  },
});
