import { type Fault, isFault } from "@poplar/protocol";
import { applyPolicy } from "./apply-policy.ts";
import type { FetchedMarks } from "./fetched-marks.ts";
import type { Authenticated, Holder } from "./identity.ts";
import type { Lease, LeaseStore } from "./lease.ts";
import type { MaildropStore, OpenMaildrop } from "./maildrop-store.ts";

/** A maildrop that one session owns until it leaves. */
export interface OwnedMaildrop {
  readonly maildrop: OpenMaildrop;
  /** Gives the maildrop back to others. Never rejects. */
  leave(): Promise<void>;
}

/**
 * Takes the lease, then opens: what stands between a right password and the TRANSACTION state. RFC 1939 §4.
 *
 * A lease is never left behind when the store fails.
 */
export async function openMaildrop(
  ports: {
    readonly leases: LeaseStore;
    readonly maildrops: MaildropStore;
    readonly fetched?: FetchedMarks | undefined;
  },
  authenticated: Authenticated,
  holder: Holder,
): Promise<OwnedMaildrop | Fault> {
  const { maildropId, view, policy, login, credentialId } = authenticated;
  const lease = await ports.leases.acquire(maildropId, view, holder);
  if (isFault(lease)) return lease;
  try {
    const fetching = { fetcher: { login, maildropId, credentialId }, marks: ports.fetched };
    const opened = await ports.maildrops.open({ maildropId, view, holder });
    const maildrop =
      isFault(opened) || policy === undefined ? opened : await applyPolicy(opened, policy, fetching);
    if (!isFault(maildrop)) return owned(maildrop, lease);
    await lease.release();
    return maildrop;
  } catch (bug) {
    await lease.release();
    throw bug;
  }
}

function owned(maildrop: OpenMaildrop, lease: Lease): OwnedMaildrop {
  return {
    maildrop,
    leave: async () => {
      maildrop.close();
      await lease.release();
    },
  };
}
