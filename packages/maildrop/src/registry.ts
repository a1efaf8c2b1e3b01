import type { MaildropId, View } from "./identity.ts";

/** Why a change that an operator asked for was not made. The name is the error code in the API and the command line. */
export type RegistryFault =
  | { readonly registryFault: "already-exists"; readonly name: string }
  | { readonly registryFault: "not-found"; readonly name: string }
  /** A domain with logins, or a maildrop with mail, is not removed unless told so. */
  | { readonly registryFault: "not-empty"; readonly name: string; readonly count: number }
  | { readonly registryFault: "storage-down"; readonly cause: unknown };

export const isRegistryFault = (value: unknown): value is RegistryFault =>
  typeof value === "object" && value !== null && "registryFault" in value;

export interface Domain {
  /** Lower case, e.g. `example.test`. */
  readonly name: string;
  readonly logins: number;
  readonly createdAt: Date;
}

export interface LoginSummary {
  readonly name: string;
  readonly maildropId: MaildropId;
  readonly view: View;
  readonly isDisabled: boolean;
  readonly createdAt: Date;
}

export interface MaildropSummary {
  readonly maildropId: MaildropId;
  /** The address that it was made for. */
  readonly name: string;
  readonly messages: number;
  readonly octets: number;
  /** `undefined`: no limit. */
  readonly quotaOctets: number | undefined;
  readonly createdAt: Date;
}

export interface MessageSummary {
  readonly uid: number;
  readonly uniqueId: string;
  readonly octets: number;
  readonly receivedAt: Date;
  readonly reversePath: string;
  readonly recipient: string;
}

/** A slice of a long list: what comes after `after`, at most `limit` (1 to 1,000) entries. */
export interface Page {
  readonly after: string | undefined;
  readonly limit: number;
}

export interface NewLogin {
  /** Canonical name, e.g. `alice@example.test`; also the address of its new maildrop. */
  readonly name: string;
  /** A hash of the password (`auth` makes it). */
  readonly passwordVerifier: string;
  readonly quotaOctets: number | undefined;
}

/** What to do with the mail of a login that is removed. */
export type MaildropFate = "refuse-unless-empty" | "purge" | "keep";

/** Domains, logins, addresses and maildrops, as an operator changes them. Implemented by `storage`. */
export interface Registry {
  addDomain(name: string): Promise<Domain | RegistryFault>;
  listDomains(page: Page): Promise<readonly Domain[] | RegistryFault>;
  /** Removes a domain that has no logins. */
  removeDomain(name: string): Promise<undefined | RegistryFault>;
  /** Makes a login, its maildrop and its address in one transaction. */
  addLogin(login: NewLogin): Promise<LoginSummary | RegistryFault>;
  listLogins(domain: string | undefined, page: Page): Promise<readonly LoginSummary[] | RegistryFault>;
  setPassword(name: string, passwordVerifier: string): Promise<undefined | RegistryFault>;
  setDisabled(name: string, isDisabled: boolean): Promise<undefined | RegistryFault>;
  removeLogin(name: string, fate: MaildropFate): Promise<undefined | RegistryFault>;
  /** Leads an address to the maildrop of a login; `*@domain` is the domain's catch-all. */
  addAddress(address: string, login: string): Promise<undefined | RegistryFault>;
  removeAddress(address: string): Promise<undefined | RegistryFault>;
  listMaildrops(page: Page): Promise<readonly MaildropSummary[] | RegistryFault>;
  showMaildrop(login: string): Promise<MaildropSummary | RegistryFault>;
  listMessages(login: string, page: Page): Promise<readonly MessageSummary[] | RegistryFault>;
  /** `undefined` quota: no limit. */
  setQuota(login: string, quotaOctets: number | undefined): Promise<undefined | RegistryFault>;
}
