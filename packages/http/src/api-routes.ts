import type { AnswerLedger, RequestCounter } from "@poplar/maildrop";
import { isOperationFault, type OperationFault, type OperationPorts } from "@poplar/operations";
import type { Log } from "@poplar/telemetry";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Caller, identifyCaller } from "./bearer-token.ts";
import { type Answer, answerOnce } from "./once.ts";
import { openApiDocument } from "./openapi.ts";
import { inputOf, isOwn, type OperationRoute, operationRoutes } from "./operation-routes.ts";
import { addOwnerRoutes, mayCarryPassword, ownerTokenUrl, tlsRequired } from "./owner-routes.ts";
import { isProblem, type Problem, problemBody, problemOf, sendProblem } from "./problem.ts";
import { type ProcessParts, processRoutes } from "./process-routes.ts";
import { RequestLimits } from "./request-limits.ts";

/** What the operations API is made from. */
export interface ApiOptions {
  /** The server's own: who shows it may do everything. */
  readonly token: string;
  readonly ports: OperationPorts;
  readonly answers: AnswerLedger;
  /** Counts the requests of all processes, for limits that hold over the fleet. */
  readonly requests?: RequestCounter | undefined;
  /** May a password from this address come without TLS? */
  readonly isPlaintextAllowed: (address: string) => boolean;
}

interface RouteParts extends ApiOptions, ProcessParts {
  readonly log: Pick<Log, "error">;
}

/** The operations API, to be registered under `/v1`. */
export function addApiRoutes(http: FastifyInstance, parts: RouteParts): void {
  const limits = new RequestLimits({ fleet: parts.requests });
  const { self } = parts;
  const document = openApiDocument(self.version);
  http.get("/openapi.json", async () => document);
  http.decorateRequest("caller");
  http.addHook("onRequest", async (request, reply) => {
    if (isOpen(request)) return;
    const caller = await identifyCaller({ ...parts, limits }, request);
    if (isProblem(caller)) return sendProblem(reply, caller);
    request.setDecorator<Caller>("caller", caller);
  });
  // A message streams past: how large it may be is the deliverer's business.
  http.addContentTypeParser("message/rfc822", (_request, payload, done) => done(null, payload));
  addOwnerRoutes(http, { ...parts, limits });
  for (const route of [...processRoutes(parts), ...operationRoutes]) addOperationRoute(http, route, parts);
}

/** The description is for everybody, and who wants a token has none yet. */
const isOpen = ({ method, routeOptions: { url } }: FastifyRequest): boolean =>
  url?.endsWith("/openapi.json") === true || (method === "POST" && url?.endsWith(ownerTokenUrl) === true);

function addOperationRoute(http: FastifyInstance, route: OperationRoute, parts: RouteParts): void {
  const { ports, answers, isPlaintextAllowed } = parts;
  const { method, url, operation, hasPassword = false } = route;
  http.route<{ Params: { name?: string }; Querystring: Record<string, unknown> }>({
    method,
    url,
    handler: async (request, reply) => {
      const { actor, token } = request.getDecorator<Caller>("caller");
      const owner = actor.scope.role === "self" ? actor.scope.login : undefined;
      if (isOwn(route) && owner === undefined) return sendProblem(reply, ownersOnly);
      if (hasPassword && !mayCarryPassword(request, isPlaintextAllowed))
        return sendProblem(reply, tlsRequired);
      const name = (isOwn(route) ? owner : request.params.name) ?? "";
      const answer = async (body: unknown): Promise<Answer> => {
        const input = inputOf(route, { name, query: request.query, body });
        const outcome = await operation.runFor(actor, ports, input);
        if (isOperationFault(outcome)) return answerOfFault(outcome, operation.name, parts.log);
        if (outcome === undefined) return { status: 204, body: undefined };
        return { status: method === "POST" ? 201 : 200, body: outcome };
      };
      const key = method === "POST" ? request.headers["idempotency-key"] : undefined;
      const caller = `${actor.scope.role} ${actor.name ?? ""}`;
      const given =
        typeof key === "string"
          ? await answerOnce(
              answers,
              { key, caller, token, method, url: request.url, body: request.body },
              answer,
            )
          : await answer(request.body);
      if (isProblem(given)) return sendProblem(reply, given);
      if (given.status >= 400) reply.type("application/problem+json; charset=utf-8");
      return reply.code(given.status).send(given.body);
    },
  });
}

function answerOfFault(fault: OperationFault, operation: string, log: Pick<Log, "error">): Answer {
  const { cause, operationFault } = fault;
  if (cause !== undefined) log.error({ err: cause, operationFault }, `${operation} failed`);
  const problem = problemOf(fault);
  return { status: problem.status, body: problemBody(problem) };
}

const ownersOnly: Problem = {
  status: 403,
  code: "forbidden",
  detail: "This is for owners of logins, with a token of theirs from POST /v1/me/token.",
};
