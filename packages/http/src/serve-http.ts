import type { ServerSelf } from "@poplar/operations";
import { ListenError, type Log, type ServiceEvents } from "@poplar/telemetry";
import { type FastifyInstance, fastify } from "fastify";
import { type ApiOptions, addApiRoutes } from "./api-routes.ts";
import { addClientSetupRoutes, type ClientSetupOptions } from "./client-setup/client-setup-routes.ts";
import { addConsoleRoutes, readConsole } from "./console-routes.ts";
import { addHealthRoutes } from "./health-routes.ts";
import { type Problem, sendProblem } from "./problem.ts";

/** What an HTTP server is made from. */
export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Other workers of this host do not listen there too. */
  readonly isExclusive?: boolean;
  readonly self: ServerSelf;
  readonly metricsText: () => Promise<string>;
  readonly log: Pick<Log, "error">;
  readonly events: Pick<ServiceEvents, "listening">;
  /** The operations API; without it there are health and metrics only. */
  readonly api?: ApiOptions;
  /** Where the built console lies, with a `/` at its end; without it there is no page. */
  readonly consoleFolder?: URL;
  /** What clients are told that ask how to be set up; without it they are told nothing. */
  readonly clientSetup?: ClientSetupOptions;
  /** How long a request may take to arrive, its body included. Default 300,000. */
  readonly requestMsMax?: number;
}

/** An HTTP server that listens. */
export interface HttpServer {
  /** `host:port` with the port in use. */
  readonly address: string;
  /** Where clients on this host reach it, e.g. `http://127.0.0.1:8110`. */
  readonly url: string;
  /** Stops listening, lets requests under way end for two seconds, then cuts them. */
  close(): Promise<void>;
}

const jsonOctetsMax = 64 * 1024;
const connectionsMax = 1000;
const closeMsMax = 2000;
/** As Node has it. Fastify switches it off, and an octet a minute would keep a connection for ever. */
const arrivalMsMax = 300_000;
/** The same for its header. */
const headerMsMax = 60_000;
/** How often Node looks for those that take too long. */
const lookMs = 30_000;

/** Nothing here is to be shown in a page of somebody else, guessed about, or kept. */
const securityHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** Begins to listen. @throws ListenError */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port, events, requestMsMax = arrivalMsMax } = options;
  const http = fastify({
    bodyLimit: jsonOctetsMax,
    requestTimeout: requestMsMax,
    http: {
      headersTimeout: Math.min(headerMsMax, requestMsMax),
      connectionsCheckingInterval: Math.min(lookMs, requestMsMax),
    },
    // An address in a path: 254 octets, each of which may be percent-encoded.
    routerOptions: { maxParamLength: 3 * 254 },
    forceCloseConnections: "idle",
    // A proxy on this host, such as the one that does TLS, says for whom it asks.
    trustProxy: "loopback",
    logger: false,
  });
  http.server.maxConnections = connectionsMax;
  http.removeContentTypeParser("text/plain");
  http.addHook("onSend", async (_request, reply) => void reply.headers(securityHeaders));
  addProblems(http, options.log);
  addHealthRoutes(http, options);
  const { api, clientSetup, consoleFolder, self, log } = options;
  const page = consoleFolder && (await readConsole(consoleFolder));
  if (page !== undefined) {
    await http.register((scope, _options, done) => {
      addConsoleRoutes(scope, page);
      done();
    });
  }
  if (clientSetup !== undefined) addClientSetupRoutes(http, { ...clientSetup, log });
  if (api !== undefined) {
    await http.register(
      (scope, _options, done) => {
        addApiRoutes(scope, { ...api, self, log, services: clientSetup?.services });
        done();
      },
      { prefix: "/v1" },
    );
  }
  await http.listen({ host, port, exclusive: options.isExclusive ?? false }).catch((err: unknown) => {
    throw new ListenError("http", `${host}:${port}`, err);
  });
  const bound = http.server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  const address = `${bracketed(host)}:${boundPort}`;
  events.listening({ listener: "http", address });
  return { address, url: `http://${reachable(host)}:${boundPort}`, close: async () => close(http) };
}

function addProblems(http: FastifyInstance, log: Pick<Log, "error">): void {
  http.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, { status: 404, code: "no-such-route", detail: "There is nothing at this address." }),
  );
  http.setErrorHandler((err, { method, routeOptions }, reply) => {
    const problem = problemOfError(err);
    if (problem.status >= 500) log.error({ err, route: `${method} ${routeOptions.url}` }, "a request failed");
    return sendProblem(reply, problem);
  });
}

/** What Fastify itself refuses, and bugs. */
function problemOfError(err: unknown): Problem {
  const status =
    err instanceof Error && "statusCode" in err && typeof err.statusCode === "number" ? err.statusCode : 500;
  switch (status) {
    case 413:
      return { status, code: "body-too-large", detail: `A body may have ${jsonOctetsMax} octets.` };
    case 415:
      return {
        status,
        code: "unsupported-media-type",
        detail: "Send application/json, or message/rfc822 for a message.",
      };
    default:
      if (status >= 400 && status < 500) {
        return { status, code: "invalid-request", detail: "The request cannot be read; is its body JSON?" };
      }
      return { status: 500, code: "internal-error", detail: "The server failed; its log says why." };
  }
}

async function close(http: FastifyInstance): Promise<void> {
  const patience = setTimeout(() => http.server.closeAllConnections(), closeMsMax);
  await http.close();
  clearTimeout(patience);
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** The wildcard addresses are for listening only. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "[::1]" : bracketed(host);
}
