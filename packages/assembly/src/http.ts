import type { Config } from "@poplar/config";
import { type ApiOptions, type HttpServer, serveHttp } from "@poplar/http";
import type { CertificateEntry, ListenerEntry, ServerSelf } from "@poplar/operations";
import type { Telemetry } from "@poplar/telemetry";
import type { Foundation } from "./foundation.ts";
import { StartupError } from "./startup-error.ts";
import { version } from "./version.ts";

/** What a process tells about itself over HTTP while it runs. */
export interface Visible {
  readonly listeners: () => readonly ListenerEntry[];
  readonly certificates: () => readonly CertificateEntry[];
  readonly isDraining: () => boolean;
}

/** Serves health and metrics, and the operations API where one is given; `undefined` where HTTP is switched off. */
export async function openHttp(
  config: Config,
  telemetry: Telemetry,
  foundation: Foundation,
  visible: Visible & { readonly api?: ApiOptions },
): Promise<HttpServer | undefined> {
  const { host, httpPort } = config;
  if (httpPort === 0) return undefined;
  await reportDependencies(foundation, telemetry);
  const { api, ...shown } = visible;
  const self: ServerSelf = {
    app: config.app,
    version,
    startedAt: new Date(),
    dependencies: foundation.dependencies,
    ...shown,
  };
  try {
    return await serveHttp({
      host,
      port: httpPort,
      self,
      metricsText: telemetry.metricsText,
      log: telemetry.log,
      events: telemetry.events,
      ...(api === undefined ? {} : { api }),
    });
  } catch (err) {
    const isInUse = err instanceof Error && "code" in err && err.code === "EADDRINUSE";
    const reason = isInUse ? "the port is in use" : String(err);
    throw new StartupError("http-port-refused", `http cannot listen on ${host}:${httpPort}: ${reason}`, err);
  }
}

/** Rooms report a dependency that went away or came back; that it was there all along is said here, for the metrics. */
async function reportDependencies({ dependencies }: Foundation, { events }: Telemetry): Promise<void> {
  for (const dependency of dependencies) {
    const { isUp } = await dependency.check();
    if (isUp) events.dependencyUp(dependency.name);
  }
}
