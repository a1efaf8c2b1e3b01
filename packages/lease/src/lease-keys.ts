import type { MaildropId } from "@poplar/maildrop";

/** Over how many Cluster slots the leases spread; and how many heartbeats an instance keeps. */
export const PARTITIONS = 64;

/**
 * Names of keys and channels.
 *
 * The partition is the Cluster hash tag: a maildrop's leases and the heartbeats that they depend on share a
 * slot, so one script sees them all.
 */
export class LeaseKeys {
  readonly #prefix: string;

  /** @param prefix for a Redis that several installations share; no braces, which would change the slot. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The hash of a maildrop's leases by view. */
  lease(maildropId: MaildropId): string {
    return `${this.#prefix}lease:{${maildropId % PARTITIONS}}:${maildropId}`;
  }

  /** What the heartbeats beside a maildrop's leases begin with. */
  heartbeatsBeside(maildropId: MaildropId): string {
    return this.#heartbeats(maildropId % PARTITIONS);
  }

  /** All heartbeats of an instance, one in each partition. */
  heartbeats(instanceId: string): readonly string[] {
    return Array.from({ length: PARTITIONS }, (_, partition) => this.#heartbeats(partition) + instanceId);
  }

  /** What the channels begin on which instances hear of broken leases. */
  get brokenChannels(): string {
    return `${this.#prefix}lease-broken:`;
  }

  /** What the channels begin on which instances are asked whether a client is still there. */
  get askedChannels(): string {
    return `${this.#prefix}lease-asked:`;
  }

  #heartbeats(partition: number): string {
    return `${this.#prefix}instance:{${partition}}:`;
  }
}
