import { Readable } from "node:stream";
import {
  addAddress,
  addDomain,
  addLogin,
  deliverMessage,
  disableLogin,
  enableLogin,
  listDomains,
  listLogins,
  listMaildrops,
  listMessages,
  type Operation,
  removeAddress,
  removeDomain,
  removeLogin,
  setPassword,
  setQuota,
  showLogin,
  showMaildrop,
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

/** Every use case that the API has. */
export const operationRoutes: readonly OperationRoute[] = [
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
    inputOf: (parts) => ({ ...fieldsOf(parts), name: parts.name }),
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

/** The fields of a JSON object; anything else has none, and the schema says what is missing. */
function fieldsOf({ body }: RequestParts): object {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};
}

/** A body that streams. Who stops reading it half-way must still be able to answer on the same connection. */
function sourceOf(body: unknown): unknown {
  return body instanceof Readable
    ? { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) }
    : body;
}
