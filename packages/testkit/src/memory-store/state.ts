import { randomBytes } from "node:crypto";
import {
  comparedLocalPart,
  DEFAULT_TENANT,
  domainOf,
  type Login,
  type LoginSummary,
  type MaildropId,
  type MailPolicy,
  type Scope,
} from "@poplar/maildrop";
import { uniqueIdOf } from "@poplar/protocol";

/** A message in memory, whole. */
export interface StoredMessage {
  readonly uid: number;
  readonly octets: number;
  readonly wire: Uint8Array;
  readonly recipient: string;
  readonly localPart: string;
  readonly reversePath: string;
  readonly receivedAt: Date;
  readonly isInternationalised: boolean;
  readonly surrogateOctets?: number | undefined;
  /** The one that it came with. */
  readonly importedUniqueId?: string;
}

/** A message that was deleted and can be restored. */
export interface StoredHidden {
  readonly message: StoredMessage;
  readonly hiddenAt: Date;
  readonly keepUntil: Date;
  readonly login: string;
  readonly sessionId: string;
}

/** A maildrop in memory. */
export interface StoredMaildrop {
  readonly maildropId: MaildropId;
  readonly name: string;
  readonly uniqueIdPrefix: string;
  readonly createdAt: Date;
  readonly viewEpochs: Map<string, number>;
  /** By uid; a Map keeps the order in which they came. */
  readonly messages: Map<number, StoredMessage>;
  readonly hidden: Map<number, StoredHidden>;
  /** Unique-ids that messages came with, also those of messages that are gone. */
  readonly importedUniqueIds: Set<string>;
  quotaOctets: number | undefined;
  octets: number;
  epoch: number;
  viewOpens: number;
  nextUid: number;
}

/** A login in memory. */
export interface StoredLogin extends Login {
  readonly createdAt: Date;
  /** SDPS: the login of the host that it is a view of. */
  readonly hostLoginId?: number;
}

/** All that a memory store holds. */
export interface StoreState {
  readonly domains: Map<string, Date>;
  readonly tenants: Set<string>;
  /** Whose domains are not those of the default tenant. */
  readonly tenantOfDomain: Map<string, string>;
  readonly addresses: Map<string, MaildropId>;
  readonly logins: Map<string, StoredLogin>;
  readonly maildrops: Map<MaildropId, StoredMaildrop>;
  /** By login. */
  readonly ownPolicies: Map<string, MailPolicy>;
  /** By domain; `undefined`: the fleet's. */
  readonly defaultPolicies: Map<string | undefined, MailPolicy>;
  /** What each call fails with, while the store is made to look down. */
  down: Error | undefined;
  lastId: number;
}

/** A store with nothing in it. */
export const emptyState = (): StoreState => ({
  domains: new Map(),
  tenants: new Set([DEFAULT_TENANT]),
  tenantOfDomain: new Map(),
  addresses: new Map(),
  logins: new Map(),
  maildrops: new Map(),
  ownPolicies: new Map(),
  defaultPolicies: new Map(),
  down: undefined,
  lastId: 0,
});

/** An address in the form in which it is compared, or `undefined` for what is none. */
export function splitAddress(
  text: string,
): { readonly localPart: string; readonly domain: string } | undefined {
  const at = text.lastIndexOf("@");
  if (at <= 0 || at === text.length - 1) return undefined;
  return { localPart: comparedLocalPart(text.slice(0, at)), domain: text.slice(at + 1).toLowerCase() };
}

/** Whose domain it is, whether it is here or not. */
export const tenantIn = ({ tenantOfDomain }: StoreState, domain: string): string =>
  tenantOfDomain.get(domain) ?? DEFAULT_TENANT;

/** Does the domain of a name lie within? */
export function isWithin(state: StoreState, scope: Scope | undefined, name: string): boolean {
  switch (scope?.role) {
    case undefined:
    case "platform":
      return true;
    case "tenant":
      return state.domains.has(domainOf(name)) && tenantIn(state, domainOf(name)) === scope.tenant;
    case "domain":
      return domainOf(name) === scope.domain;
    case "self":
      return false;
  }
}

/** A number that nothing in this store has had. */
export function nextId(state: StoreState): number {
  state.lastId += 1;
  return state.lastId;
}

/** Makes a maildrop with nothing in it. */
export function makeMaildrop(state: StoreState, name: string, quotaOctets: number | undefined): MaildropId {
  const maildropId = nextId(state);
  state.maildrops.set(maildropId, {
    maildropId,
    name,
    uniqueIdPrefix: randomBytes(12).toString("base64url"),
    createdAt: new Date(),
    viewEpochs: new Map(),
    messages: new Map(),
    hidden: new Map(),
    importedUniqueIds: new Set(),
    quotaOctets,
    octets: 0,
    epoch: 0,
    viewOpens: 0,
    nextUid: 1,
  });
  return maildropId;
}

/** The unique-id of a message. */
export const uniqueIdIn = (maildrop: StoredMaildrop, { uid, importedUniqueId }: StoredMessage): string =>
  importedUniqueId ?? uniqueIdOf(maildrop.uniqueIdPrefix, uid);

/** Whether a unique-id would be used again. */
export const isUniqueIdUsed = (maildrop: StoredMaildrop, uniqueId: string): boolean =>
  maildrop.importedUniqueIds.has(uniqueId) || uniqueId.startsWith(`${maildrop.uniqueIdPrefix}.`);

/** A login as the registry shows it. */
export const summaryOf = ({ name, maildropId, view, isDisabled, createdAt }: StoredLogin): LoginSummary => ({
  name,
  maildropId,
  view,
  isDisabled,
  createdAt,
});

/** The policy that holds for a login; `undefined`: none. */
export const policyIn = (state: StoreState, login: string): MailPolicy | undefined =>
  state.ownPolicies.get(login) ??
  state.defaultPolicies.get(login.slice(login.lastIndexOf("@") + 1)) ??
  state.defaultPolicies.get(undefined);
