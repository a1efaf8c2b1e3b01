import { setTimeout as sleep } from "node:timers/promises";
import {
  announceReady,
  earlierListeners,
  isFirstProcess,
  kpopListeners,
  openApiAccess,
  openCertificates,
  openDeliverer,
  openFoundation,
  openHttp,
  openLmtp,
  openOperations,
  openPop,
  runService,
  type Service,
  type ServiceParts,
  shareTicketKeys,
} from "@poplar/assembly";
import { openDemo } from "./demo.ts";
import { welcomeText } from "./welcome-text.ts";

await runService({ app: "standalone", argv: process.argv.slice(2), env: process.env }, startEverything);

async function startEverything(parts: ServiceParts): Promise<Service> {
  const { config, telemetry, opened } = parts;
  const { events } = telemetry;
  const foundation = await openFoundation(parts);
  const certificates = await openCertificates(config, events);
  opened.defer(() => certificates.store.close());
  await shareTicketKeys(parts, certificates.store);

  const { host } = config;
  const popParts = { config, events, certificates: certificates.store, foundation };
  const pop = await openPop(popParts, [
    { name: "pop3", host, port: config.pop3Port, tls: "starttls" },
    { name: "pop3s", host, port: config.pop3sPort, tls: "implicit" },
    ...kpopListeners(popParts),
    ...earlierListeners(config),
  ]);
  opened.defer(async () => void (await pop.close()));
  const deliverer = await openDeliverer(config, foundation, events);
  const lmtp = await openLmtp(config, deliverer, events);
  for (const server of lmtp) opened.defer(() => server.close());

  let isDraining = false;
  const access = await openApiAccess(config);
  const ports = openOperations(foundation, deliverer, events);
  // Whoever finds the server ready finds the demo too.
  const demo = config.noDemo || !isFirstProcess() ? undefined : await openDemo(ports, config.dataDir);
  const http = await openHttp(config, telemetry, foundation, {
    api: { token: access.token, ports },
    // Built beside this app: `npm run build`.
    consoleFolder: new URL("../../console/dist/page/", import.meta.url),
    listeners: () => [...pop.listening, ...lmtp.map(({ address }) => ({ name: "lmtp", address }))],
    certificates: certificates.inUse,
    isDraining: () => isDraining,
  });
  opened.defer(async () => http?.close());
  if (http !== undefined) await access.publish(http.url);
  opened.defer(() => access.withdraw());

  if (isFirstProcess()) {
    void announceReady(foundation, parts, () => process.stdout.write(welcomeText(config, demo)));
  }
  return {
    reload: async () => void (await certificates.store.reload()),
    drain: async (limitMs) => {
      isDraining = true;
      await sleep(config.drainGraceMs);
      const drained = await Promise.all([...lmtp, pop].map((server) => server.drain(limitMs)));
      return drained.reduce((sum, { sessionsCut }) => sum + sessionsCut, 0);
    },
  };
}
