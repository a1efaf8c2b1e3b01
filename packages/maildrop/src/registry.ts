import type { CredentialKind, LoginRestrictions, NewCredential } from "./authentication.ts";
import type { MaildropId, View } from "./identity.ts";
import type { Scope } from "./scope.ts";

/**
 * Why a change that an operator asked for was not made. The name is the error code in the API and the command
 * line.
 */
export type RegistryFault =
  | { readonly registryFault: "already-exists"; readonly name: string }
  | { readonly registryFault: "not-found"; readonly name: string }
  /** A domain with logins, or a maildrop with mail, is not removed unless told so. */
  | { readonly registryFault: "not-empty"; readonly name: string; readonly count: number }
  /** A login with as many credentials as it may have. */
  | { readonly registryFault: "too-many"; readonly name: string; readonly max: number }
  | { readonly registryFault: "storage-down"; readonly cause: unknown };

export const isRegistryFault = (value: unknown): value is RegistryFault =>
  typeof value === "object" && value !== null && "registryFault" in value;

export interface Domain {
  /** Lower case, e.g. `example.test`. */
  readonly name: string;
  /** Whose it is. */
  readonly tenant: string;
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
  /** What else opens it, beside the password. */
  readonly credentials?: readonly NewCredential[];
  readonly isDisabled?: boolean;
  readonly restrictions?: LoginRestrictions;
}

/** SDPS: a login of its own for one local part of a host, e.g. `john@vision25.demon.test`. */
export interface NewHostView {
  readonly name: string;
  /** The passwords of the host open it, too. */
  readonly credentials: readonly NewCredential[];
}

/** A credential, as far as an operator may see it. */
export interface CredentialSummary {
  readonly credentialId: number;
  readonly kind: CredentialKind;
  readonly label: string | undefined;
  /** The name that somebody else vouches for, e.g. a principal; `undefined` for a secret. */
  readonly subject: string | undefined;
  readonly scopes: readonly string[];
  readonly networks: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly lastUsedAt: Date | undefined;
}

/** How much of everything there is. */
export interface Totals {
  readonly domains: number;
  readonly logins: number;
  readonly disabledLogins: number;
  readonly maildrops: number;
  readonly messages: number;
  readonly octets: number;
  /** Deleted, and can be restored. */
  readonly hiddenMessages: number;
  readonly hiddenOctets: number;
}

/** What became of a login's app passwords. */
export interface AppPasswordCounts {
  readonly revokedAppPasswords: number;
  readonly keptAppPasswords: number;
}

/** What to do with the mail of a login that is removed. */
export type MaildropFate = "refuse-unless-empty" | "purge" | "keep";

/** Domains, logins, addresses and maildrops, as an operator changes them. Implemented by `storage`. */
export interface Registry {
  /** For the default tenant when none is named. */
  addDomain(name: string, tenant?: string): Promise<Domain | RegistryFault>;
  /** Lists show what lies within a scope; everything when none is given. */
  listDomains(page: Page, scope?: Scope): Promise<readonly Domain[] | RegistryFault>;
  /** Is there a domain of this name, in whatever case? */
  hasDomain(name: string): Promise<boolean | RegistryFault>;
  /** Removes a domain that has no logins. */
  removeDomain(name: string): Promise<undefined | RegistryFault>;
  /** Makes a login, its maildrop and its address in one transaction. */
  addLogin(login: NewLogin): Promise<LoginSummary | RegistryFault>;
  /**
   * Makes many of them in one transaction, which is much quicker.
   *
   * @returns for each, in order, the login or why there is none; one fault when nothing at all was done.
   */
  addLogins(logins: readonly NewLogin[]): Promise<readonly (LoginSummary | RegistryFault)[] | RegistryFault>;
  listLogins(
    domain: string | undefined,
    page: Page,
    scope?: Scope,
  ): Promise<readonly LoginSummary[] | RegistryFault>;
  /**
   * Whatever was made from the old password goes, except what has a label; `credentials` come in its place.
   * App passwords stay unless `revokesAppPasswords`; the answer counts them.
   */
  setPassword(
    name: string,
    passwordVerifier: string,
    credentials?: readonly NewCredential[],
    uses?: { readonly revokesAppPasswords: boolean },
  ): Promise<AppPasswordCounts | RegistryFault>;
  setDisabled(name: string, isDisabled: boolean): Promise<undefined | RegistryFault>;
  removeLogin(name: string, fate: MaildropFate): Promise<undefined | RegistryFault>;
  /** Leads an address to the maildrop of a login; `*@domain` is the domain's catch-all. */
  addAddress(address: string, login: string): Promise<undefined | RegistryFault>;
  removeAddress(address: string): Promise<undefined | RegistryFault>;
  listMaildrops(page: Page, scope?: Scope): Promise<readonly MaildropSummary[] | RegistryFault>;
  showMaildrop(login: string): Promise<MaildropSummary | RegistryFault>;
  listMessages(login: string, page: Page): Promise<readonly MessageSummary[] | RegistryFault>;
  /** Looks at every maildrop: seconds where there are millions. */
  totals(): Promise<Totals | RegistryFault>;
  /** `undefined` quota: no limit. */
  setQuota(login: string, quotaOctets: number | undefined): Promise<undefined | RegistryFault>;
}

/** What opens logins beside a password, and under which circumstances. Implemented by `storage`. */
export interface CredentialRegistry {
  /**
   * SDPS: makes the login of a host, e.g. `vision25.demon.test`, its maildrop, its catch-all, and its domain
   * if there is none of that name, in one transaction.
   */
  addHost(host: NewLogin): Promise<LoginSummary | RegistryFault>;
  /** Makes a login for one local part of a host that has a login. */
  addHostView(view: NewHostView): Promise<LoginSummary | RegistryFault>;
  /**
   * Adds a credential. Where the login has one of that kind and label already, or somebody has that
   * principal, certificate or subject: `already-exists`.
   */
  addCredential(login: string, credential: NewCredential): Promise<CredentialSummary | RegistryFault>;
  /** Puts another form of the same secret in the place of one: `false` when somebody has changed that. */
  resealVerifier(credentialId: number, from: string, to: string): Promise<boolean | RegistryFault>;
  /** The credentials of a login, the oldest first. `after` is an id in decimal. */
  listCredentials(login: string, page: Page): Promise<readonly CredentialSummary[] | RegistryFault>;
  /**
   * Removes the credentials of these kinds that have this label; `undefined`: that have none. `not-found`:
   * there is none.
   */
  removeCredentials(
    login: string,
    kinds: readonly CredentialKind[],
    label: string | undefined,
  ): Promise<undefined | RegistryFault>;
  /** Removes the credential by which somebody vouches under this name. */
  removeSubject(login: string, kind: CredentialKind, subject: string): Promise<undefined | RegistryFault>;
  setRestrictions(login: string, restrictions: LoginRestrictions): Promise<undefined | RegistryFault>;
}
