import { isInNetworks } from "@poplar/auth";
import type { Config } from "@poplar/config";
import { bulletinBoards } from "@poplar/maildrop";
import type { ListenerEntry } from "@poplar/operations";
import {
  type CertificateStore,
  type PopListener,
  type PopServer,
  type ServerLimits,
  servePop,
} from "@poplar/server";
import type { Events } from "@poplar/telemetry";
import type { Foundation } from "./foundation.ts";
import { plaintextPolicy } from "./plaintext-policy.ts";
import { version } from "./version.ts";

/** What a POP server is made from. */
export interface PopParts {
  readonly config: Config;
  readonly events: Events;
  readonly certificates: CertificateStore;
  readonly foundation: Foundation;
}

/** A POP server, and where it listens. */
export type ListeningPop = PopServer & { readonly listening: readonly ListenerEntry[] };

/** Listens for POP clients on those of the listeners that are switched on. */
export async function openPop(parts: PopParts, listeners: readonly PopListener[]): Promise<ListeningPop> {
  const { config, events, certificates, foundation } = parts;
  const { proxyNetworks } = config;
  const isBalancer =
    proxyNetworks.length === 0 ? undefined : (address: string) => isInNetworks(address, proxyNetworks);
  const on = listeners.flatMap((listener) => (listener.port === 0 ? [] : [{ ...listener, isBalancer }]));
  const { authenticator, keeping, leases, storage } = foundation;
  const server = await servePop({
    listeners: on,
    certificates,
    ports: {
      authenticator,
      leases: leases.store,
      maildrops: storage.maildrops,
      pacer: keeping.pacer,
      marks: config.lastCommand ? storage.marks : undefined,
      fetched: storage.fetched,
      boards: config.bulletins.length === 0 ? undefined : bulletinBoards(storage, config.bulletins),
    },
    events,
    policyBounds: () => keeping.bounds(),
    hostname: config.hostname,
    implementation: `Poplar-${version}`,
    areSurrogatesShown: config.utf8Mail === "surrogate",
    isSdpsOffered: config.sdps,
    isPlaintextLoginAllowed: plaintextPolicy(config),
    limits: limitsOf(config),
  });
  leases.sessions.join(server);
  const listening = on.map(({ name, host, port }) => ({ name, address: `${host}:${port}` }));
  return Object.assign(server, { listening });
}

const limitsOf = (config: Config): Partial<ServerLimits> => ({
  connectionsMax: config.connectionsMax,
  connectionsPerAddressMax: config.connectionsPerAddressMax,
  handshakesMax: config.unfinishedHandshakesMax,
  handshakeSecondsMax: config.tlsHandshakeMs / 1000,
  autologoutSeconds: config.autologoutSeconds,
  loginSecondsMax: config.loginTimeoutSeconds,
  leaseWaitMsMax: config.leaseWaitMs,
  yieldIdleSecondsMin: config.yieldIdleSeconds,
});

/** The listener of KPOP; none where Kerberos is not switched on. */
export function kpopListeners({ config, foundation }: PopParts): readonly PopListener[] {
  const { host, kpopPort, kpopTls } = config;
  const preface = foundation.kpop;
  return preface === undefined ? [] : [{ name: "kpop", host, port: kpopPort, tls: kpopTls, preface }];
}

/** The listeners of POP2 and POP1; on only where an operator has given them ports. */
export function earlierListeners({
  host,
  pop2Port,
  pop1Port,
  earlierVersionNetworks,
}: Config): readonly PopListener[] {
  const isAdmitted = (address: string) => isInNetworks(address, earlierVersionNetworks);
  return [
    { name: "pop2", host, port: pop2Port, tls: "none", protocol: "pop2", isAdmitted },
    { name: "pop1", host, port: pop1Port, tls: "none", protocol: "pop1", isAdmitted },
  ];
}
