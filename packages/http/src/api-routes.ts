import { isOperationFault, type OperationPorts, reportServer, type ServerSelf } from "@poplar/operations";
import type { Log } from "@poplar/telemetry";
import type { FastifyInstance } from "fastify";
import { requireBearerToken } from "./bearer-token.ts";
import { operationRoutes } from "./operation-routes.ts";
import { problemOf, sendProblem } from "./problem.ts";

/** What the operations API is made from. */
export interface ApiOptions {
  /** Who shows it may do everything. */
  readonly token: string;
  readonly ports: OperationPorts;
}

/** The operations API, to be registered under `/v1`. */
export function addApiRoutes(
  http: FastifyInstance,
  { token, ports, self, log }: ApiOptions & { readonly self: ServerSelf; readonly log: Pick<Log, "error"> },
): void {
  http.addHook("onRequest", requireBearerToken(token));
  // A message streams past: how large it may be is the deliverer's business.
  http.addContentTypeParser("message/rfc822", (_request, payload, done) => done(null, payload));
  http.get("/server", async () => reportServer(self));
  for (const { method, url, operation, inputOf } of operationRoutes) {
    http.route<{ Params: { name?: string }; Querystring: Record<string, unknown> }>({
      method,
      url,
      handler: async ({ params, query, body }, reply) => {
        const outcome = await operation.runUntyped(ports, inputOf({ name: params.name ?? "", query, body }));
        if (isOperationFault(outcome)) {
          const { cause, operationFault } = outcome;
          if (cause !== undefined) log.error({ err: cause, operationFault }, `${operation.name} failed`);
          return sendProblem(reply, problemOf(outcome));
        }
        if (outcome === undefined) return reply.code(204).send();
        return reply.code(method === "POST" ? 201 : 200).send(outcome);
      },
    });
  }
}
