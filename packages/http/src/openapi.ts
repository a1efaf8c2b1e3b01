import { describeOperation, type JsonSchema, ownerTokenSchema } from "@poplar/operations";
import { isInQuery, isOwn, type OperationRoute, operationRoutes } from "./operation-routes.ts";
import { processRoutes } from "./process-routes.ts";

/** The API as OpenAPI 3.1 describes it, made from the schemas that check requests. */
export function openApiDocument(version: string): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of describedRoutes) {
    const path = pathOf(route);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Poplar", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/v1" }],
    security: [{ token: [] }],
    paths: { ...paths, "/me/token": ownerTokenPaths },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        password: { type: "http", scheme: "basic" },
      },
      schemas: { Problem: problemSchema },
      responses: {
        Problem: {
          description: "It was not done. RFC 9457",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

/** Only described here: they are never asked. */
const ofNoProcess = processRoutes({
  self: {
    app: "",
    version: "",
    startedAt: new Date(0),
    dependencies: [],
    listeners: () => [],
    certificates: () => [],
    isDraining: () => false,
  },
  services: { popHost: undefined, pop3Port: 0, pop3sPort: 0, submissionHost: undefined },
});

/** Every route of the API but those of `/me/token`. */
export const describedRoutes: readonly OperationRoute[] = [...ofNoProcess, ...operationRoutes];

/** As OpenAPI writes it. */
export const pathOf = ({ url }: OperationRoute): string => url.replaceAll(/:(\w+)/g, "{$1}");

function operationOf(route: OperationRoute): JsonSchema {
  const { name, summary, roles, input, answer } = describeOperation(route.operation);
  const { fields, required } = fieldsBeside(route, input);
  const inQuery = isInQuery(route);
  const status = route.method === "POST" ? "201" : "200";
  const body = bodyOf(route, fields, required);
  return {
    operationId: isOwn(route) ? `own-${name}` : name,
    summary,
    tags: [isOwn(route) ? "self" : (route.url.split("/")[1] ?? "")],
    "x-roles": isOwn(route) ? ["self"] : roles.filter((role) => role !== "self"),
    parameters: [
      ...(route.url.includes(":name") ? [{ name: "name", in: "path", required: true, schema: text }] : []),
      ...(inQuery ? queryOf(fields, required) : []),
      ...(route.method === "POST" ? [idempotencyKey] : []),
    ],
    ...(body && { requestBody: body }),
    responses: {
      ...(answer === undefined
        ? { "204": { description: "Done." } }
        : { [status]: { description: "Done.", content: { "application/json": { schema: answer } } } }),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

const text: JsonSchema = { type: "string" };

const idempotencyKey: JsonSchema = {
  name: "Idempotency-Key",
  in: "header",
  description: "Sent again with the same key within a day, a request is answered again and not done again.",
  schema: { type: "string", pattern: "^[!-~]{1,200}$" },
};

/** The fields that do not come from the path, from the token, or as a stream. */
function fieldsBeside(
  { field, isMessage }: OperationRoute,
  { properties, required }: JsonSchema,
): { readonly fields: Readonly<Record<string, unknown>>; readonly required: readonly string[] } {
  const isBeside = (name: string): boolean => name !== field && !(isMessage === true && name === "source");
  const all = typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  const needed = Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
  return {
    fields: Object.fromEntries(all.filter(([name]) => isBeside(name))),
    required: needed.filter(isBeside),
  };
}

const queryOf = (fields: Readonly<Record<string, unknown>>, required: readonly string[]): JsonSchema[] =>
  Object.entries(fields).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));

function bodyOf(
  route: OperationRoute,
  fields: Readonly<Record<string, unknown>>,
  required: readonly string[],
): JsonSchema | undefined {
  if (route.isMessage === true) {
    return { required: true, content: { "message/rfc822": {} } };
  }
  if (isInQuery(route) || Object.keys(fields).length === 0) return undefined;
  const schema = { type: "object", properties: fields, required, additionalProperties: false };
  return { required: required.length > 0, content: { "application/json": { schema } } };
}

const problemSchema: JsonSchema = {
  type: "object",
  properties: {
    type: text,
    title: text,
    status: { type: "integer" },
    code: { ...text, description: "A stable word for programs, e.g. not-found." },
    detail: { ...text, description: "A sentence for people." },
  },
  required: ["type", "title", "status", "code", "detail"],
};

const ownerTokenPaths: JsonSchema = {
  post: {
    operationId: "open-owner-token",
    summary: "Gives the owner of a login a token for a quarter of an hour, in return for his password.",
    tags: ["self"],
    security: [{ password: [] }],
    parameters: [
      {
        name: "One-Time-Code",
        in: "header",
        description: "Six digits from the authenticator app, where the login has one.",
        schema: text,
      },
    ],
    responses: {
      "201": { description: "Done.", content: { "application/json": { schema: ownerTokenSchema } } },
      default: { $ref: "#/components/responses/Problem" },
    },
  },
  delete: {
    operationId: "close-owner-token",
    summary: "Ends the token that is shown, before its time.",
    tags: ["self"],
    responses: {
      "204": { description: "Done." },
      default: { $ref: "#/components/responses/Problem" },
    },
  },
};
