import { isInNetworks } from "@poplar/auth";
import type { Config } from "@poplar/config";
import { type ApiOptions, type HttpServer, type PublicServices, serveHttp } from "@poplar/http";
import { createRedisRequestCounter } from "@poplar/lease";
import { type CertificateEntry, knowsDomain, type ListenerEntry, type ServerSelf } from "@poplar/operations";
import type { Telemetry } from "@poplar/telemetry";
import type { Foundation } from "./foundation.ts";
import { redisSettings } from "./redis.ts";
import { version } from "./version.ts";
import { isWorker, tellSupervisor } from "./workers/worker-link.ts";

/** What a process tells about itself over HTTP while it runs. */
export interface Visible {
  readonly listeners: () => readonly ListenerEntry[];
  readonly certificates: () => readonly CertificateEntry[];
  readonly isDraining: () => boolean;
}

/**
 * Serves health and metrics, and the operations API where one is given; `undefined` where HTTP is switched
 * off. A worker answers its supervisor only, which has the port.
 */
export async function openHttp(
  config: Config,
  telemetry: Telemetry,
  foundation: Foundation,
  visible: Visible & { readonly api?: Pick<ApiOptions, "token" | "ports">; readonly consoleFolder?: URL },
): Promise<HttpServer | undefined> {
  const { host, httpPort } = config;
  if (httpPort === 0) return undefined;
  await reportDependencies(foundation, telemetry);
  const redis = visible.api && (await redisSettings(config));
  const requests = redis && createRedisRequestCounter({ ...redis, log: telemetry.log });
  const { api, consoleFolder, ...shown } = visible;
  const self: ServerSelf = {
    app: config.app,
    version,
    startedAt: new Date(),
    dependencies: foundation.dependencies,
    ...shown,
  };
  try {
    const http = await serveHttp({
      ...(isWorker() ? { host: "127.0.0.1", port: 0, isExclusive: true } : { host, port: httpPort }),
      self,
      metricsText: telemetry.metricsText,
      log: telemetry.log,
      events: telemetry.events,
      ...(consoleFolder !== undefined && { consoleFolder }),
      ...(api !== undefined && {
        api: {
          ...api,
          answers: foundation.storage.answers,
          requests,
          isPlaintextAllowed: (address: string) => config.allowPlaintextLogin || isLoopback(address),
        },
        clientSetup: {
          services: publicServicesOf(config),
          knowsDomain: (domain: string) => knowsDomain(api.ports, domain),
        },
      }),
    });
    tellSupervisor({ httpUrl: http.url });
    return {
      ...http,
      close: async () => {
        await http.close();
        requests?.close();
      },
    };
  } catch (err) {
    requests?.close();
    throw err;
  }
}

/** What does not leave this host needs no TLS: a proxy that does it says where requests come from. */
const isLoopback = (address: string): boolean => isInNetworks(address, ["127.0.0.0/8", "::1/128"]);

/** What clients are told: what is said for them, else what this process would listen on. */
const publicServicesOf = (config: Config): PublicServices => ({
  providerName: config.providerName,
  popHost: config.publicPopHost,
  pop3Port: config.publicPop3Port ?? config.pop3Port,
  pop3sPort: config.publicPop3sPort ?? config.pop3sPort,
  submissionHost: config.submissionHost,
  submissionPort: config.submissionPort,
});

/**
 * Rooms report a dependency that went away or came back; that it was there all along is said here, for
 * metrics.
 */
async function reportDependencies({ dependencies }: Foundation, { events }: Telemetry): Promise<void> {
  for (const dependency of dependencies) {
    const { isUp } = await dependency.check();
    if (isUp) events.dependencyUp(dependency.name);
  }
}
