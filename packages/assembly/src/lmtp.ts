import { join } from "node:path";
import type { Config } from "@poplar/config";
import { Deliverer, type LmtpServer, openSpool, serveLmtp } from "@poplar/delivery";
import type { Events } from "@poplar/telemetry";
import type { Foundation } from "./foundation.ts";
import { StartupError } from "./startup-error.ts";

/** Makes what takes messages in, with its spool in the data folder. */
export async function openDeliverer(
  config: Config,
  foundation: Foundation,
  events: Events,
): Promise<Deliverer> {
  const directory = join(config.dataDir, "spool");
  const spool = await openSpool({ directory }).catch((err: unknown) => {
    throw new StartupError(
      `The spool ${directory} cannot be used: make the data folder writable, or choose another one with --data-dir.`,
      err,
    );
  });
  return new Deliverer({
    store: foundation.storage.deliveries,
    events,
    spool,
    hostname: config.hostname,
    messageOctetsMax: config.messageOctetsMax,
  });
}

/** Listens for LMTP clients, on the port and on the Unix socket, where these are switched on. */
export async function openLmtp(
  config: Config,
  deliverer: Deliverer,
  events: Events,
): Promise<readonly LmtpServer[]> {
  const servers: LmtpServer[] = [];
  const { host, lmtpPort, lmtpSocket } = config;
  if (lmtpPort !== 0) {
    servers.push(await serveLmtp({ endpoint: { host, port: lmtpPort }, deliverer, events }));
  }
  if (lmtpSocket !== undefined) {
    servers.push(await serveLmtp({ endpoint: { path: lmtpSocket }, deliverer, events }));
  }
  return servers;
}
