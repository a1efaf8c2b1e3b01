import type { Finding } from "./finding.ts";

/** Codes and leases bear this; the header Date has whole seconds. */
const doubtfulMs = 2000;

/** A one-time code is over after 30 seconds, a lease after ten. */
const wrongMs = 10_000;

/** What to make of a clock that differs from that of this host. */
export function clockFinding(whose: string, aheadMs: number): Finding {
  const check = "clock";
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  const detail = `${whose} is ${seconds} s ${aheadMs < 0 ? "behind" : "ahead of"} this host`;
  const advice = "Let chrony or systemd-timesyncd set the clocks of both: codes, tickets and leases need it.";
  if (Math.abs(aheadMs) >= wrongMs) return { verdict: "wrong", check, detail, advice };
  if (Math.abs(aheadMs) >= doubtfulMs) return { verdict: "doubtful", check, detail, advice };
  return { verdict: "fine", check, detail: `${whose} and this host agree` };
}

/** How far a server is ahead, by its answer to a request that was sent at `askedMs`. RFC 9110 §6.6.1. */
export function aheadOf(response: Response, askedMs: number, answeredMs: number): number | undefined {
  const date = Date.parse(response.headers.get("date") ?? "");
  // Whole seconds, cut off: half of one is the best guess.
  return Number.isNaN(date) ? undefined : date + 500 - (askedMs + answeredMs) / 2;
}
