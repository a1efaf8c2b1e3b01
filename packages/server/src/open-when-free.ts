import { setTimeout as sleep } from "node:timers/promises";
import { type Authenticated, type Holder, type OwnedMaildrop, openMaildrop } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { PopPorts } from "./pop-service.ts";

/** Who waits for a maildrop, and how patiently. */
export interface Opener {
  readonly sessionId: string;
  readonly address: string;
  /** How long to wait for the maildrop to become free, in milliseconds. */
  readonly leaseWaitMsMax: number;
  /** The client has gone: no more work for it. */
  readonly isGone: () => boolean;
}

/** First wait for a maildrop in use; each further one is twice as long. */
const leaseWaitMsMin = 20;

/**
 * Opens the maildrop of somebody who has proved who he is. RFC 1939 §4: the lease is there before the answer.
 *
 * A client that lost its connection comes back before the old session is over: we wait for a moment, and have
 * the old session's process look whether anybody is still there.
 *
 * @returns `undefined` when the client left before there was anything to give back.
 */
export async function openWhenFree(
  ports: PopPorts,
  authenticated: Authenticated,
  opener: Opener,
): Promise<OwnedMaildrop | Fault | undefined> {
  const { sessionId, address, leaseWaitMsMax, isGone } = opener;
  const holder: Holder = { sessionId, login: authenticated.login, address };
  let waited = 0;
  for (let step = leaseWaitMsMin; ; step *= 2) {
    if (isGone()) return undefined;
    const owned = await openMaildrop(ports, authenticated, holder);
    if (!isFault(owned) || owned.fault !== "maildrop-in-use") return owned;
    if (waited === 0) await ports.leases.askHolders(authenticated.maildropId, holder);
    const left = leaseWaitMsMax - waited;
    if (left <= 0) return owned;
    const waitMs = Math.min(step, left);
    await sleep(waitMs);
    waited += waitMs;
  }
}
