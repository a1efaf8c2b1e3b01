import type { Claim } from "./unsettled-claims.ts";

/** A replica that is further behind than that is not fit to take over. */
const KEPT_MS = 60_000;

/** Of a process that is busier than that, the last ones. */
const KEPT_MAX = 20_000;

/**
 * Claims whose release Redis has acknowledged a moment ago. A replica that takes over may not have heard of
 * it: it would go on to hold them for us, and we live, so nobody could open these maildrops any more.
 */
export class RecentReleases {
  #releases: { readonly claim: Claim; readonly atMs: number }[] = [];

  add(claim: Claim): void {
    this.#releases.push({ claim, atMs: performance.now() });
    if (this.#releases.length >= 2 * KEPT_MAX) this.#releases = this.#releases.slice(-KEPT_MAX);
  }

  /** Those of the last minute, which are forgotten here. */
  take(): readonly Claim[] {
    const since = performance.now() - KEPT_MS;
    const recent = this.#releases.filter(({ atMs }) => atMs >= since).slice(-KEPT_MAX);
    this.#releases = [];
    return recent.map(({ claim }) => claim);
  }
}
