import { setTimeout as sleep } from "node:timers/promises";
import type { PopListener } from "@poplar/server";
import { announceReady } from "./announce-ready.ts";
import { openCertificates } from "./certificate.ts";
import { openFoundation } from "./foundation.ts";
import { openHttp } from "./http.ts";
import { openPop, type PopParts } from "./pop.ts";
import type { Service, ServiceParts } from "./service.ts";
import { shareTicketKeys } from "./ticket-keys.ts";

/**
 * A front end that speaks POP and nothing else, with health and metrics beside it.
 *
 * @param listenersOf where it listens, known once everything else is there.
 */
export async function startPopService(
  parts: ServiceParts,
  listenersOf: (parts: PopParts) => readonly PopListener[],
): Promise<Service> {
  const { config, telemetry, opened } = parts;
  const { events } = telemetry;
  const foundation = await openFoundation(parts);
  const certificates = await openCertificates(config, events);
  opened.defer(() => certificates.store.close());
  await shareTicketKeys(parts, certificates.store);
  const popParts = { config, events, certificates: certificates.store, foundation };
  const pop = await openPop(popParts, listenersOf(popParts));
  opened.defer(async () => void (await pop.close()));
  let isDraining = false;
  const http = await openHttp(config, telemetry, foundation, {
    listeners: () => pop.listening,
    certificates: certificates.inUse,
    isDraining: () => isDraining,
  });
  opened.defer(async () => http?.close());
  void announceReady(foundation, parts);
  return {
    reload: async () => void (await certificates.store.reload()),
    drain: async (limitMs) => {
      isDraining = true;
      await sleep(config.drainGraceMs);
      return (await pop.drain(limitMs)).sessionsCut;
    },
  };
}
