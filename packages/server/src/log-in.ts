import { setTimeout as sleep } from "node:timers/promises";
import {
  type Authenticated,
  type Authenticator,
  type Holder,
  type LeaseStore,
  type MaildropStore,
  type OwnedMaildrop,
  openMaildrop,
  type Peer,
} from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";

/** What a server needs from the rest of the house. */
export interface PopPorts {
  readonly authenticator: Authenticator;
  readonly leases: LeaseStore;
  readonly maildrops: MaildropStore;
}

/** A name and a password, and who sent them. */
export interface LoginAttempt {
  readonly name: string;
  readonly password: Uint8Array;
  readonly peer: Peer;
  readonly sessionId: string;
  /** How long to wait for the maildrop to become free, in milliseconds. */
  readonly leaseWaitMsMax: number;
  /** The client has gone: no more work for it. */
  readonly isGone: () => boolean;
}

/** An open maildrop, and whose. */
export interface LoggedIn {
  readonly authenticated: Authenticated;
  readonly owned: OwnedMaildrop;
}

/** First wait for a maildrop in use; each further one is twice as long. */
const leaseWaitMsMin = 20;

/**
 * Checks the password, then opens the maildrop. RFC 1939 §4: the lease is there before the answer.
 *
 * @returns `undefined` when the client left before there was anything to give back.
 */
export async function logIn(ports: PopPorts, attempt: LoginAttempt): Promise<LoggedIn | Fault | undefined> {
  const { name, password, peer } = attempt;
  const authenticated = await ports.authenticator.verifyPassword(name, password, peer);
  if (isFault(authenticated)) return authenticated;
  const holder: Holder = {
    sessionId: attempt.sessionId,
    login: authenticated.login,
    address: peer.address,
  };
  const owned = await openWhenFree(ports, authenticated, holder, attempt);
  return owned === undefined || isFault(owned) ? owned : { authenticated, owned };
}

/** A client that lost its connection comes back before the old session is over: its patience is ours. */
async function openWhenFree(
  ports: PopPorts,
  authenticated: Authenticated,
  holder: Holder,
  attempt: LoginAttempt,
): Promise<OwnedMaildrop | Fault | undefined> {
  let waited = 0;
  for (let step = leaseWaitMsMin; ; step *= 2) {
    if (attempt.isGone()) return undefined;
    const owned = await openMaildrop(ports, authenticated, holder);
    const left = attempt.leaseWaitMsMax - waited;
    if (!isFault(owned) || owned.fault !== "maildrop-in-use" || left <= 0) return owned;
    const waitMs = Math.min(step, left);
    await sleep(waitMs);
    waited += waitMs;
  }
}
