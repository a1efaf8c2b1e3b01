import { Readable } from "node:stream";
import {
  addAddress,
  addAppPassword,
  addDomain,
  addHost,
  addHostView,
  addLogin,
  addSubject,
  breakLease,
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
  type Operation,
  purgeMessages,
  removeAddress,
  removeDomain,
  removeLogin,
  removeSecondPassword,
  removeSubject,
  restoreMessages,
  restrictLogin,
  revokeAppPassword,
  searchAudit,
  setMailPolicy,
  setPassword,
  setQuota,
  setSecondPassword,
  showLease,
  showLogin,
  showMaildrop,
  showMailPolicy,
  showStatistics,
} from "@poplar/operations";

/** The parts of a request that an operation's input is made from. */
export interface RequestParts {
  /** From the path. */
  readonly name: string;
  readonly query: object;
  readonly body: unknown;
}

/** A request and the use case that answers it. */
export interface OperationRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/v1`. */
  readonly url: string;
  readonly operation: Pick<Operation<unknown, unknown>, "name" | "runUntyped">;
  /** What is not checked yet. */
  readonly inputOf: (parts: RequestParts) => object;
}

/** What opens logins, beside their first password. */
const credentialRoutes: readonly OperationRoute[] = [
  { method: "POST", url: "/hosts", operation: addHost, inputOf: fieldsOf },
  { method: "POST", url: "/host-views", operation: addHostView, inputOf: fieldsOf },
  { method: "POST", url: "/login-imports", operation: importLogins, inputOf: fieldsOf },
  { method: "GET", url: "/logins/:name/credentials", operation: listCredentials, inputOf: nameOf },
  {
    method: "PUT",
    url: "/logins/:name/second-password",
    operation: setSecondPassword,
    inputOf: namedFieldsOf,
  },
  {
    method: "DELETE",
    url: "/logins/:name/second-password",
    operation: removeSecondPassword,
    inputOf: nameOf,
  },
  { method: "POST", url: "/logins/:name/app-passwords", operation: addAppPassword, inputOf: namedFieldsOf },
  {
    method: "DELETE",
    url: "/logins/:name/app-passwords",
    operation: revokeAppPassword,
    inputOf: ({ name, query }) => ({ ...query, name }),
  },
  { method: "POST", url: "/logins/:name/totp", operation: enrolTotp, inputOf: namedFieldsOf },
  { method: "DELETE", url: "/logins/:name/totp", operation: disableTotp, inputOf: nameOf },
  { method: "POST", url: "/logins/:name/subjects", operation: addSubject, inputOf: namedFieldsOf },
  {
    method: "DELETE",
    url: "/logins/:name/subjects",
    operation: removeSubject,
    inputOf: ({ name, query }) => ({ ...query, name }),
  },
  { method: "PUT", url: "/logins/:name/restrictions", operation: restrictLogin, inputOf: namedFieldsOf },
  { method: "GET", url: "/audit", operation: searchAudit, inputOf: ({ query }) => query },
];

/** How long mail is kept, and what can be done about mail that was deleted. */
const keepingRoutes: readonly OperationRoute[] = [
  { method: "GET", url: "/logins/:name/mail-policy", operation: showMailPolicy, inputOf: nameOf },
  { method: "PUT", url: "/logins/:name/mail-policy", operation: setMailPolicy, inputOf: namedFieldsOf },
  {
    method: "GET",
    url: "/maildrops/:name/hidden",
    operation: listHidden,
    inputOf: ({ name, query }) => ({ ...query, login: name }),
  },
  {
    method: "POST",
    url: "/maildrops/:name/restore",
    operation: restoreMessages,
    inputOf: (parts) => ({ ...fieldsOf(parts), login: parts.name }),
  },
  {
    method: "POST",
    url: "/maildrops/:name/purge",
    operation: purgeMessages,
    inputOf: (parts) => ({ ...fieldsOf(parts), login: parts.name }),
  },
];

/** Mail from other servers. */
const importRoutes: readonly OperationRoute[] = [
  {
    method: "POST",
    url: "/maildrops/:name/imports",
    operation: importMessage,
    inputOf: ({ name, query, body }) => ({ ...query, login: name, source: sourceOf(body) }),
  },
  {
    method: "POST",
    url: "/maildrops/:name/used-unique-ids",
    operation: findUsedUniqueIds,
    inputOf: (parts) => ({ ...fieldsOf(parts), login: parts.name }),
  },
  {
    method: "POST",
    url: "/maildrops/:name/digests",
    operation: digestMessages,
    inputOf: (parts) => ({ ...fieldsOf(parts), login: parts.name }),
  },
];

/** Every use case that the API has. */
export const operationRoutes: readonly OperationRoute[] = [
  ...credentialRoutes,
  ...keepingRoutes,
  ...importRoutes,

  { method: "GET", url: "/statistics", operation: showStatistics, inputOf: () => ({}) },

  { method: "GET", url: "/sessions", operation: listSessions, inputOf: ({ query }) => query },
  { method: "DELETE", url: "/sessions", operation: kickSessions, inputOf: ({ query }) => query },
  { method: "GET", url: "/leases/:name", operation: showLease, inputOf: loginOf },
  { method: "DELETE", url: "/leases/:name", operation: breakLease, inputOf: loginOf },

  { method: "GET", url: "/domains", operation: listDomains, inputOf: ({ query }) => query },
  { method: "POST", url: "/domains", operation: addDomain, inputOf: fieldsOf },
  { method: "DELETE", url: "/domains/:name", operation: removeDomain, inputOf: nameOf },

  { method: "GET", url: "/logins", operation: listLogins, inputOf: ({ query }) => query },
  { method: "POST", url: "/logins", operation: addLogin, inputOf: fieldsOf },
  { method: "GET", url: "/logins/:name", operation: showLogin, inputOf: nameOf },
  {
    method: "DELETE",
    url: "/logins/:name",
    operation: removeLogin,
    inputOf: ({ name, query }) => ({ ...query, name }),
  },
  {
    method: "PUT",
    url: "/logins/:name/password",
    operation: setPassword,
    inputOf: namedFieldsOf,
  },
  { method: "POST", url: "/logins/:name/disable", operation: disableLogin, inputOf: nameOf },
  { method: "POST", url: "/logins/:name/enable", operation: enableLogin, inputOf: nameOf },

  { method: "POST", url: "/addresses", operation: addAddress, inputOf: fieldsOf },
  {
    method: "DELETE",
    url: "/addresses/:name",
    operation: removeAddress,
    inputOf: ({ name }) => ({ address: name }),
  },

  { method: "GET", url: "/maildrops", operation: listMaildrops, inputOf: ({ query }) => query },
  {
    method: "GET",
    url: "/maildrops/:name",
    operation: showMaildrop,
    inputOf: ({ name }) => ({ login: name }),
  },
  {
    method: "PUT",
    url: "/maildrops/:name/quota",
    operation: setQuota,
    inputOf: (parts) => ({ ...fieldsOf(parts), login: parts.name }),
  },
  {
    method: "GET",
    url: "/maildrops/:name/messages",
    operation: listMessages,
    inputOf: ({ name, query }) => ({ ...query, login: name }),
  },
  {
    method: "POST",
    url: "/maildrops/:name/messages",
    operation: deliverMessage,
    inputOf: ({ name, query, body }) => ({ ...query, recipient: name, source: sourceOf(body) }),
  },
];

function nameOf({ name }: RequestParts): object {
  return { name };
}

function loginOf({ name }: RequestParts): object {
  return { login: name };
}

/** The fields of a JSON object; anything else has none, and the schema says what is missing. */
function fieldsOf({ body }: RequestParts): object {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};
}

function namedFieldsOf(parts: RequestParts): object {
  return { ...fieldsOf(parts), name: parts.name };
}

/** A body that streams. Who stops reading it half-way must still be able to answer on the same connection. */
function sourceOf(body: unknown): unknown {
  return body instanceof Readable
    ? { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) }
    : body;
}
