import { setTimeout as sleep } from "node:timers/promises";
import { announceReady } from "./announce-ready.ts";
import { openApiAccess } from "./api-access.ts";
import { openFoundation } from "./foundation.ts";
import { openHttp } from "./http.ts";
import { openDeliverer } from "./lmtp.ts";
import { openOperations } from "./operation-ports.ts";
import type { Service, ServiceParts } from "./service.ts";

/** What operators of a fleet talk to. It serves no mail clients, and knows by way of Redis who does. */
export async function startApiService(parts: ServiceParts, consoleFolder: URL): Promise<Service> {
  const { config, telemetry, opened } = parts;
  const foundation = await openFoundation(parts);
  const deliverer = await openDeliverer(config, foundation, telemetry.events);
  const access = await openApiAccess(config);
  const ports = openOperations(foundation, deliverer, telemetry.events);
  let isDraining = false;
  const http = await openHttp(config, telemetry, foundation, {
    api: { token: access.token, ports },
    consoleFolder,
    listeners: () => [],
    certificates: () => [],
    isDraining: () => isDraining,
  });
  opened.defer(async () => http?.close());
  if (http !== undefined) await access.publish(http.url);
  opened.defer(() => access.withdraw());
  void announceReady(foundation, parts);
  return {
    reload: async () => undefined,
    drain: async () => {
      isDraining = true;
      await sleep(config.drainGraceMs);
      return 0;
    },
  };
}
