import type { PopListener } from "@poplar/server";
import { openCertificates } from "./certificate.ts";
import { openFoundation } from "./foundation.ts";
import { openHttp } from "./http.ts";
import { openPop } from "./pop.ts";
import type { Service, ServiceParts } from "./run-service.ts";
import { waitForBalancers } from "./wait-for-balancers.ts";

/** A front end that speaks POP and nothing else, with health and metrics beside it. */
export async function startPopService(parts: ServiceParts, listener: PopListener): Promise<Service> {
  const { config, telemetry, opened } = parts;
  const { events } = telemetry;
  const foundation = await openFoundation(parts);
  const certificates = await openCertificates(config, events);
  opened.defer(() => certificates.store.close());
  const pop = await openPop({ config, events, certificates: certificates.store, foundation }, [listener]);
  opened.defer(async () => void (await pop.close()));
  let isDraining = false;
  const http = await openHttp(config, telemetry, foundation, {
    listeners: () => pop.listening,
    certificates: certificates.inUse,
    isDraining: () => isDraining,
  });
  opened.defer(async () => http?.close());
  return {
    reload: async () => void (await certificates.store.reload()),
    drain: async (limitMs) => {
      isDraining = true;
      return (await pop.drain(await waitForBalancers(limitMs))).sessionsCut;
    },
  };
}
