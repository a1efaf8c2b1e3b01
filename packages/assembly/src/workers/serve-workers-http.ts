import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { Config } from "@poplar/config";
import { type Events, ListenError, metricsContentType } from "@poplar/telemetry";
import { forwardedHeaders } from "./forwarded-headers.ts";
import { mergeMetrics } from "./merge-metrics.ts";
import type { SupervisedWorker } from "./supervised-worker.ts";

/** What people see of the workers. */
export interface Workers {
  readonly isDraining: boolean;
  /** How many there should be. */
  readonly wanted: number;
  /** How many were replaced. */
  readonly restarts: number;
  /** Those that are up, by number. */
  readonly up: ReadonlyMap<number, SupervisedWorker>;
}

/** The one HTTP port of several processes. */
export interface WorkersHttp {
  /** Where clients on this host reach it. */
  readonly url: string;
  close(): Promise<void>;
}

/** A worker that takes longer is not well. */
const workerMsMax = 2500;

/**
 * Answers for all workers: ready while one is, their metrics side by side. What else is asked, the API, one
 * of them answers. `undefined` where HTTP is switched off.
 */
export async function serveWorkersHttp(
  { host, httpPort }: Config,
  events: Pick<Events, "listening">,
  workers: Workers,
): Promise<WorkersHttp | undefined> {
  if (httpPort === 0) return undefined;
  const server = createServer((asked, reply) => {
    answer(workers, asked, reply).catch(() => sendJson(reply, 502, { status: "worker-failed" }));
  });
  server.listen(httpPort, host);
  await once(server, "listening").catch((err: unknown) => {
    throw new ListenError("http", `${host}:${httpPort}`, err);
  });
  const name = host.includes(":") ? `[${host}]` : host;
  events.listening({ listener: "http", address: `${name}:${httpPort}` });
  return {
    url: `http://${host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : name}:${httpPort}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(workers: Workers, asked: IncomingMessage, reply: ServerResponse): Promise<void> {
  const isGet = asked.method === "GET" || asked.method === "HEAD";
  if (isGet && asked.url === "/health/live") sendJson(reply, 200, { status: "live" });
  else if (isGet && asked.url === "/health/ready") await answerReady(workers, reply);
  else if (isGet && asked.url === "/metrics") await answerMetrics(workers, reply);
  else passOn(workers, asked, reply);
}

/** Ready while a worker is: the ports are served then. */
async function answerReady({ up, wanted, isDraining }: Workers, reply: ServerResponse): Promise<void> {
  const count = { up: up.size, of: wanted };
  const answers = isDraining ? [] : await askAll(up, "/health/ready");
  const best = answers.find(({ status }) => status === 200) ?? answers[0];
  if (best === undefined) {
    sendJson(reply, 503, { status: isDraining ? "draining" : "no-worker", workers: count });
    return;
  }
  const body: unknown = JSON.parse(best.text);
  sendJson(reply, best.status, { ...(typeof body === "object" && body), workers: count });
}

async function answerMetrics({ up, restarts }: Workers, reply: ServerResponse): Promise<void> {
  const answers = await askAll(up, "/metrics");
  const own = `# HELP poplar_workers_up Worker processes that serve.
# TYPE poplar_workers_up gauge
poplar_workers_up ${up.size}

# HELP poplar_worker_restarts_total Worker processes that were replaced.
# TYPE poplar_worker_restarts_total counter
poplar_worker_restarts_total ${restarts}

`;
  reply.writeHead(200, { "content-type": metricsContentType }).end(own + mergeMetrics(answers));
}

interface WorkerAnswer {
  readonly worker: number;
  readonly status: number;
  readonly text: string;
}

/** Those who do not answer are left out. */
async function askAll(up: Workers["up"], path: string): Promise<readonly WorkerAnswer[]> {
  const asked = [...up].map(async ([worker, { httpUrl }]): Promise<WorkerAnswer | undefined> => {
    if (httpUrl === undefined) return undefined;
    try {
      const response = await fetch(httpUrl + path, { signal: AbortSignal.timeout(workerMsMax) });
      return { worker, status: response.status, text: await response.text() };
    } catch {
      return undefined;
    }
  });
  return (await Promise.all(asked)).filter((one) => one !== undefined);
}

function passOn({ up }: Workers, asked: IncomingMessage, reply: ServerResponse): void {
  const [worker] = up.values();
  const url = worker?.httpUrl;
  if (url === undefined) {
    sendJson(reply, 503, { status: "no-worker" });
    return;
  }
  const { method = "GET", headers, url: path = "/" } = asked;
  const passed = forwardedHeaders(headers, asked.socket.remoteAddress ?? "");
  const onward = request(url + path, { method, headers: passed }, (answered) => {
    reply.writeHead(answered.statusCode ?? 502, answered.headers);
    pipeline(answered, reply, () => undefined);
  });
  onward.on("error", () => {
    if (reply.headersSent) reply.destroy();
    else sendJson(reply, 502, { status: "worker-failed" });
  });
  pipeline(asked, onward, () => undefined);
}

function sendJson(reply: ServerResponse, status: number, body: object): void {
  reply.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
