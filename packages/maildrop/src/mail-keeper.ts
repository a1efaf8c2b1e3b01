import type { MailPolicy, PolicyBounds } from "./mail-policy.ts";
import type { Page, RegistryFault } from "./registry.ts";

/** A message that was deleted and can be restored. */
export interface HiddenMessage {
  readonly uid: number;
  /** What it had before, and will have again. */
  readonly uniqueId: string;
  readonly octets: number;
  readonly receivedAt: Date;
  readonly hiddenAt: Date;
  readonly keepUntil: Date;
  /** Who deleted it, in which session. */
  readonly login: string;
  readonly sessionId: string;
}

/** How much one step of a sweep may do before it lets go of what it holds. */
export interface SweepLimits {
  readonly messagesMax: number;
  readonly loginsMax: number;
}

/** What one step of a sweep did. */
export interface Swept {
  readonly messages: number;
  /** Where the next step begins; `undefined`: the sweep is over. */
  readonly next: number | undefined;
}

/** Keeps mail as long as policies say, and no longer. Implemented by `storage`. */
export interface MailKeeper {
  /** @param policy the login's own; `undefined`: it has none, and follows its domain, or else the fleet. */
  setPolicy(login: string, policy: MailPolicy | undefined): Promise<undefined | RegistryFault>;
  /** The one that holds for it. */
  showPolicy(login: string): Promise<MailPolicy | RegistryFault>;
  /**
   * The policy of logins that have none of their own: of a domain, or of the fleet (`undefined`). Each holds
   * whole, so that what is chosen nearer leaves nothing of what is farther.
   */
  setDefaultPolicy(
    domain: string | undefined,
    policy: MailPolicy | undefined,
  ): Promise<undefined | RegistryFault>;
  /** Nothing in particular where none was chosen. */
  showDefaultPolicy(domain: string | undefined): Promise<MailPolicy | RegistryFault>;
  bounds(): Promise<PolicyBounds | RegistryFault>;
  /** The oldest first; `after` is the uid of the last one seen. */
  listHidden(login: string, page: Page): Promise<readonly HiddenMessage[] | RegistryFault>;
  /** Brings messages back, with their unique-ids: these, or all. @returns how many. */
  restore(login: string, uniqueIds: readonly string[] | "all"): Promise<number | RegistryFault>;
  /** Removes hidden messages for good: these, or all. @returns how many. */
  purge(login: string, uniqueIds: readonly string[] | "all"): Promise<number | RegistryFault>;
  /**
   * One step of removing what is older than its login's retention, in one transaction that locks few
   * maildrops. Leaves a tombstone for each message, and an entry in the audit for each login.
   *
   * @param after where the step before has said that this one begins; 0 for the first.
   * @returns `undefined` while another process sweeps.
   */
  expire(after: number, limits: SweepLimits): Promise<Swept | undefined | RegistryFault>;
  /** One step of removing what was hidden and has not been restored in time. */
  purgeOverdue(limits: SweepLimits): Promise<Swept | undefined | RegistryFault>;
}
