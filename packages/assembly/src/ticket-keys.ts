import { createRedisTicketKeys } from "@poplar/lease";
import type { CertificateStore } from "@poplar/server";
import { redisSettings } from "./redis.ts";
import type { ServiceParts } from "./service.ts";

/**
 * Lets TLS sessions be resumed on every node of the fleet, where it has a secret; else each process has its
 * own keys.
 */
export async function shareTicketKeys(
  { config, telemetry, opened }: ServiceParts,
  certificates: Pick<CertificateStore, "useTicketKeys">,
): Promise<void> {
  const redis = await redisSettings(config);
  if (redis === undefined || config.fleetSecret === undefined) return;
  const keys = createRedisTicketKeys({
    ...redis,
    secret: config.fleetSecret,
    changed: (octets) => certificates.useTicketKeys(octets),
    log: telemetry.log,
  });
  opened.defer(() => keys.close());
}
