import { setTimeout as sleep } from "node:timers/promises";
import { announceReady } from "./announce-ready.ts";
import { openFoundation } from "./foundation.ts";
import { openHttp } from "./http.ts";
import { openDeliverer, openLmtp } from "./lmtp.ts";
import type { Service, ServiceParts } from "./service.ts";

/** A front end that takes mail in and does nothing else, with health and metrics beside it. */
export async function startLmtpService(parts: ServiceParts): Promise<Service> {
  const { config, telemetry, opened } = parts;
  const { events } = telemetry;
  const foundation = await openFoundation(parts);
  const deliverer = await openDeliverer(config, foundation, events);
  const servers = await openLmtp(config, deliverer, events);
  for (const server of servers) opened.defer(() => server.close());
  let isDraining = false;
  const http = await openHttp(config, telemetry, foundation, {
    listeners: () => servers.map(({ address }) => ({ name: "lmtp", address })),
    certificates: () => [],
    isDraining: () => isDraining,
  });
  opened.defer(async () => http?.close());
  void announceReady(foundation, parts);
  return {
    reload: async () => undefined,
    drain: async (limitMs) => {
      isDraining = true;
      await sleep(config.drainGraceMs);
      const cut = await Promise.all(servers.map(async (server) => server.drain(limitMs)));
      return cut.reduce((sum, { sessionsCut }) => sum + sessionsCut, 0);
    },
  };
}
