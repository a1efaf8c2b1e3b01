import type { Fault } from "@poplar/protocol";
import type { Holder, MaildropId, View } from "./identity.ts";

/** The right to be the one session that has a view of a maildrop open. RFC 1939 §4. */
export interface Lease {
  /**
   * Gives it back, if it is still ours; never another session's. Never rejects: what fails here expires by
   * itself.
   */
  release(): Promise<void>;
}

/** Who holds a lease, for the operator and for the client that came back. */
export interface LeaseHolder extends Holder {
  readonly view: View;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
}

/**
 * Exclusive access over the fleet. Decides quickly who may try; the fence in the store decides who did.
 *
 * The whole-maildrop view excludes every other; a local part excludes itself and the whole.
 */
export interface LeaseStore {
  /** @returns the lease, `maildrop-in-use` while another living session holds it, or `lease-store-down`. */
  acquire(maildropId: MaildropId, view: View, holder: Holder): Promise<Lease | Fault>;
  /** Those who hold leases on a maildrop now. */
  holders(maildropId: MaildropId): Promise<readonly LeaseHolder[] | Fault>;
  /**
   * Takes every lease on a maildrop away: the operator's last resort. The fence keeps the old sessions
   * harmless.
   */
  breakLeases(maildropId: MaildropId): Promise<number | Fault>;
  /**
   * Registers what to do when a lease of one of this process's sessions is broken, here or on another
   * machine: end that session. Word may get lost with a connection; such a session lives on, and the fence
   * keeps it harmless.
   */
  onBroken(listener: (sessionId: string) => void): void;
  /**
   * Asks those who hold leases on a maildrop for this very login and address whether anybody is still at the
   * other end of their line: the client may have lost it and come back. They answer by giving the lease back,
   * or not at all. Never rejects: a question that gets lost is asked again by the client's next attempt.
   */
  askHolders(maildropId: MaildropId, newcomer: Holder): Promise<void>;
  /** Registers what to do when one of this process's sessions is asked so: end it, if its client is gone. */
  onAsked(listener: (sessionId: string) => void): void;
  close(): Promise<void>;
}
