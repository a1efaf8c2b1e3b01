import { checkReadiness, type ServerSelf } from "@poplar/operations";
import { metricsContentType } from "@poplar/telemetry";
import type { FastifyInstance } from "fastify";

/** What load balancers and Prometheus ask; open to whoever reaches the port. */
export function addHealthRoutes(
  http: FastifyInstance,
  { self, metricsText }: { readonly self: ServerSelf; readonly metricsText: () => Promise<string> },
): void {
  http.get("/health/live", () => ({ status: "live" }));
  http.get("/health/ready", async (_request, reply) => {
    const readiness = await checkReadiness(self);
    const { isDraining, dependencies } = readiness;
    const down = dependencies.filter(({ isUp }) => !isUp).map(({ name }) => name);
    const status = isDraining ? "draining" : down.length > 0 ? "dependency-down" : "ready";
    return reply.code(readiness.isReady ? 200 : 503).send({ status, down, dependencies });
  });
  http.get("/metrics", async (_request, reply) => reply.type(metricsContentType).send(await metricsText()));
}
