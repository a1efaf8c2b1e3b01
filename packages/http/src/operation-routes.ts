import { Readable } from "node:stream";
import {
  addAddress,
  addAppPassword,
  addDomain,
  addHost,
  addHostView,
  addLogin,
  addSubject,
  addTenant,
  addToken,
  beginTotp,
  breakLease,
  changeOwnPassword,
  clearDomainMailPolicy,
  clearFleetMailPolicy,
  clearMailPolicy,
  confirmTotp,
  deliverMessage,
  digestMessages,
  disableLogin,
  disableTotp,
  enableLogin,
  enrolTotp,
  findUsedUniqueIds,
  importLogins,
  importMessage,
  kickSessions,
  listCredentials,
  listDomains,
  listHidden,
  listLogins,
  listMaildrops,
  listMessages,
  listSessions,
  listTenants,
  listTokens,
  moveDomain,
  type Operation,
  purgeMessages,
  removeAddress,
  removeDomain,
  removeLogin,
  removeSecondPassword,
  removeSubject,
  removeTenant,
  resealSecrets,
  restoreMessages,
  restrictLogin,
  revokeAppPassword,
  revokeToken,
  searchAudit,
  setDomainMailPolicy,
  setFleetMailPolicy,
  setMailPolicy,
  setPassword,
  setQuota,
  setSecondPassword,
  showAccess,
  showDomainMailPolicy,
  showFleetMailPolicy,
  showLease,
  showLogin,
  showMaildrop,
  showMailPolicy,
  showStatistics,
  showTenant,
} from "@poplar/operations";

/** A request and the use case that answers it. */
export interface OperationRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/v1`. What lies below `/me` is for owners of logins, and about their own. */
  readonly url: string;
  readonly operation: Pick<Operation<unknown, unknown>, "name" | "runFor" | "inputSchema">;
  /** The field that comes from the path, or from whose token it is. */
  readonly field?: "name" | "login" | "recipient" | "address" | "label";
  /** The body is a message, which streams past, and the other fields stand in the query. */
  readonly isMessage?: boolean;
  /** An owner's password comes with it. */
  readonly hasPassword?: boolean;
}

/** Who may do anything at all, and to whom what belongs. */
const accessRoutes: readonly OperationRoute[] = [
  { method: "GET", url: "/access", operation: showAccess },
  { method: "GET", url: "/tokens", operation: listTokens },
  { method: "POST", url: "/tokens", operation: addToken },
  { method: "DELETE", url: "/tokens/:name", operation: revokeToken, field: "label" },
  { method: "GET", url: "/tenants", operation: listTenants },
  { method: "POST", url: "/tenants", operation: addTenant },
  { method: "GET", url: "/tenants/:name", operation: showTenant, field: "name" },
  { method: "DELETE", url: "/tenants/:name", operation: removeTenant, field: "name" },
  { method: "GET", url: "/domains", operation: listDomains },
  { method: "POST", url: "/domains", operation: addDomain },
  { method: "DELETE", url: "/domains/:name", operation: removeDomain, field: "name" },
  { method: "PUT", url: "/domains/:name/tenant", operation: moveDomain, field: "name" },
];

/** Logins, and what opens them. */
const loginRoutes: readonly OperationRoute[] = [
  { method: "GET", url: "/logins", operation: listLogins },
  { method: "POST", url: "/logins", operation: addLogin },
  { method: "POST", url: "/hosts", operation: addHost },
  { method: "POST", url: "/host-views", operation: addHostView },
  { method: "POST", url: "/login-imports", operation: importLogins },
  { method: "GET", url: "/logins/:name", operation: showLogin, field: "name" },
  { method: "DELETE", url: "/logins/:name", operation: removeLogin, field: "name" },
  { method: "PUT", url: "/logins/:name/password", operation: setPassword, field: "name" },
  { method: "POST", url: "/logins/:name/disable", operation: disableLogin, field: "name" },
  { method: "POST", url: "/logins/:name/enable", operation: enableLogin, field: "name" },
  { method: "PUT", url: "/logins/:name/restrictions", operation: restrictLogin, field: "name" },
  { method: "GET", url: "/logins/:name/credentials", operation: listCredentials, field: "name" },
  { method: "PUT", url: "/logins/:name/second-password", operation: setSecondPassword, field: "name" },
  { method: "DELETE", url: "/logins/:name/second-password", operation: removeSecondPassword, field: "name" },
  { method: "POST", url: "/logins/:name/app-passwords", operation: addAppPassword, field: "name" },
  { method: "DELETE", url: "/logins/:name/app-passwords", operation: revokeAppPassword, field: "name" },
  { method: "POST", url: "/logins/:name/totp", operation: enrolTotp, field: "name" },
  { method: "DELETE", url: "/logins/:name/totp", operation: disableTotp, field: "name" },
  { method: "POST", url: "/logins/:name/subjects", operation: addSubject, field: "name" },
  { method: "DELETE", url: "/logins/:name/subjects", operation: removeSubject, field: "name" },
  { method: "GET", url: "/logins/:name/mail-policy", operation: showMailPolicy, field: "name" },
  { method: "PUT", url: "/logins/:name/mail-policy", operation: setMailPolicy, field: "name" },
  { method: "DELETE", url: "/logins/:name/mail-policy", operation: clearMailPolicy, field: "name" },
  { method: "GET", url: "/domains/:name/mail-policy", operation: showDomainMailPolicy, field: "name" },
  { method: "PUT", url: "/domains/:name/mail-policy", operation: setDomainMailPolicy, field: "name" },
  { method: "DELETE", url: "/domains/:name/mail-policy", operation: clearDomainMailPolicy, field: "name" },
  { method: "GET", url: "/mail-policy", operation: showFleetMailPolicy },
  { method: "PUT", url: "/mail-policy", operation: setFleetMailPolicy },
  { method: "DELETE", url: "/mail-policy", operation: clearFleetMailPolicy },
  { method: "POST", url: "/addresses", operation: addAddress },
  { method: "DELETE", url: "/addresses/:name", operation: removeAddress, field: "address" },
];

/** Mail, and who has it open. */
const maildropRoutes: readonly OperationRoute[] = [
  { method: "GET", url: "/maildrops", operation: listMaildrops },
  { method: "GET", url: "/maildrops/:name", operation: showMaildrop, field: "login" },
  { method: "PUT", url: "/maildrops/:name/quota", operation: setQuota, field: "login" },
  { method: "GET", url: "/maildrops/:name/messages", operation: listMessages, field: "login" },
  {
    method: "POST",
    url: "/maildrops/:name/messages",
    operation: deliverMessage,
    field: "recipient",
    isMessage: true,
  },
  { method: "GET", url: "/maildrops/:name/hidden", operation: listHidden, field: "login" },
  { method: "POST", url: "/maildrops/:name/restore", operation: restoreMessages, field: "login" },
  { method: "POST", url: "/maildrops/:name/purge", operation: purgeMessages, field: "login" },
  {
    method: "POST",
    url: "/maildrops/:name/imports",
    operation: importMessage,
    field: "login",
    isMessage: true,
  },
  { method: "POST", url: "/maildrops/:name/used-unique-ids", operation: findUsedUniqueIds, field: "login" },
  { method: "POST", url: "/maildrops/:name/digests", operation: digestMessages, field: "login" },
  { method: "GET", url: "/sessions", operation: listSessions },
  { method: "DELETE", url: "/sessions", operation: kickSessions },
  { method: "GET", url: "/leases/:name", operation: showLease, field: "login" },
  { method: "DELETE", url: "/leases/:name", operation: breakLease, field: "login" },
  { method: "GET", url: "/audit", operation: searchAudit },
  { method: "GET", url: "/statistics", operation: showStatistics },
  { method: "POST", url: "/secrets/reseal", operation: resealSecrets },
];

/** What the owner of a login does for himself. */
const ownRoutes: readonly OperationRoute[] = [
  { method: "GET", url: "/me", operation: showLogin, field: "name" },
  { method: "PUT", url: "/me/password", operation: changeOwnPassword, field: "name", hasPassword: true },
  { method: "GET", url: "/me/credentials", operation: listCredentials, field: "name" },
  { method: "POST", url: "/me/app-passwords", operation: addAppPassword, field: "name" },
  { method: "DELETE", url: "/me/app-passwords", operation: revokeAppPassword, field: "name" },
  { method: "POST", url: "/me/totp", operation: beginTotp, field: "name" },
  { method: "PUT", url: "/me/totp", operation: confirmTotp, field: "name" },
  { method: "DELETE", url: "/me/totp", operation: disableTotp, field: "name" },
  { method: "GET", url: "/me/sessions", operation: listSessions, field: "login" },
  { method: "DELETE", url: "/me/sessions", operation: kickSessions, field: "login" },
  { method: "GET", url: "/me/messages", operation: listMessages, field: "login" },
  { method: "GET", url: "/me/hidden", operation: listHidden, field: "login" },
  { method: "POST", url: "/me/restore", operation: restoreMessages, field: "login" },
  { method: "GET", url: "/me/mail-policy", operation: showMailPolicy, field: "name" },
  { method: "GET", url: "/me/audit", operation: searchAudit },
];

/** Every use case that the API has, but for what a process tells about itself. */
export const operationRoutes: readonly OperationRoute[] = [
  ...accessRoutes,
  ...loginRoutes,
  ...maildropRoutes,
  ...ownRoutes,
];

/** Is it about the login of whoever asks? */
export const isOwn = ({ url }: Pick<OperationRoute, "url">): boolean => /^\/me(\/|$)/.test(url);

/** Do the fields that are not in the path stand in the query? Else in a JSON object. */
export const isInQuery = ({ method, isMessage }: OperationRoute): boolean =>
  method === "GET" || method === "DELETE" || isMessage === true;

/** The parts of a request that an input is made from. */
export interface RequestParts {
  /** From the path, or whose token it is. */
  readonly name: string;
  readonly query: object;
  readonly body: unknown;
}

/**
 * What a use case is asked; not checked yet. What the path says counts for more than what is said beside it.
 */
export function inputOf(route: OperationRoute, { name, query, body }: RequestParts): object {
  const fields = isInQuery(route) ? query : fieldsIn(body);
  return {
    ...fields,
    ...(route.field !== undefined && { [route.field]: name }),
    ...(route.isMessage === true && { source: sourceOf(body) }),
  };
}

/** The fields of a JSON object; anything else has none, and the schema says what is missing. */
const fieldsIn = (body: unknown): object =>
  typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};

/** A body that streams. Who stops reading it half-way must still be able to answer on the same connection. */
const sourceOf = (body: unknown): unknown =>
  body instanceof Readable
    ? { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) }
    : body;
