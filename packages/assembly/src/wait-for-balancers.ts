import { setTimeout as sleep } from "node:timers/promises";

/** HAProxy as in `infra/haproxy` takes two seconds at most, Kubernetes hardly more. */
const noticeMsMax = 3000;

/**
 * Lets balancers notice that readiness has failed, while new sessions are still served: who came before they
 * did is not turned away. Takes a quarter of the time for draining at most.
 *
 * @returns how many milliseconds of it are left.
 */
export async function waitForBalancers(limitMs: number): Promise<number> {
  const noticeMs = Math.min(noticeMsMax, limitMs / 4);
  await sleep(noticeMs);
  return limitMs - noticeMs;
}
