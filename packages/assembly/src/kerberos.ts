import { readFile } from "node:fs/promises";
import type { ExtraMechanism } from "@poplar/auth";
import { type Config, type KerberosRule, parseKerberosRule, parseRedisTarget } from "@poplar/config";
import {
  KERBEROS_DEFAULTS,
  KerberosAcceptor,
  type KerberosSettings,
  MemoryReplayStore,
  type PrincipalDirectory,
  type ReplayStore,
} from "@poplar/kerberos";
import { createRedisReplayStore } from "@poplar/lease";
import type { Authenticator, CredentialDirectory, PrefaceAcceptor } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { GssapiMechanism } from "./gssapi-mechanism.ts";
import type { KerberosDoor } from "./kerberos-door.ts";
import { KpopMechanism } from "./kpop-mechanism.ts";
import { KpopPreface } from "./kpop-preface.ts";
import type { ServiceParts } from "./run-service.ts";

/** Logins by Kerberos, as far as they are switched on. */
export interface Kerberos {
  /** What the authenticator offers beside its own. */
  readonly mechanisms: readonly ExtraMechanism[];
  /** What stands before POP on a listener of KPOP. */
  prefaces(authenticator: Authenticator): PrefaceAcceptor;
}

/**
 * Loads the Kerberos libraries, when a keytab is configured; else nothing.
 *
 * @throws KerberosUnavailable, which says what to install, where there are none.
 */
export async function openKerberos(
  { config, telemetry, opened }: ServiceParts,
  directory: Pick<CredentialDirectory, "findByCredential">,
): Promise<Kerberos | undefined> {
  const settings = kerberosSettings(config);
  if (settings === undefined) return undefined;
  const acceptor = await KerberosAcceptor.load(settings, await openReplays(config, opened));
  opened.defer(() => acceptor[Symbol.dispose]());
  const door: KerberosDoor = {
    acceptor,
    mapping: { directory: principalsIn(directory), rules: rulesOf(config) },
    log: telemetry.log,
  };
  const kpop = new KpopMechanism(door);
  return {
    mechanisms: [new GssapiMechanism(door), kpop],
    prefaces: (authenticator) => ({ begin: (peer) => new KpopPreface(door, kpop.on(authenticator), peer) }),
  };
}

/** How tickets are accepted; `undefined` when Kerberos is not switched on. */
export function kerberosSettings(config: Config): KerberosSettings | undefined {
  if (config.kerberosKeytab === undefined) return undefined;
  return {
    ...KERBEROS_DEFAULTS,
    keytab: `FILE:${config.kerberosKeytab}`,
    requiresMutual: config.kerberosRequireMutual,
    layers: config.kerberosLayers,
  };
}

const rulesOf = ({ kerberosRules }: Config): readonly KerberosRule[] =>
  kerberosRules.map(parseKerberosRule).filter((rule) => rule !== undefined);

/** Over the fleet in Redis; in memory where one process is all there is. */
async function openReplays(config: Config, opened: AsyncDisposableStack): Promise<ReplayStore> {
  const target = config.redisUrl === undefined ? undefined : parseRedisTarget(config.redisUrl);
  if (target === undefined) return new MemoryReplayStore();
  const tls = config.redisTlsCa === undefined ? {} : { tls: { ca: await readFile(config.redisTlsCa) } };
  const store = await createRedisReplayStore({ target, ...tls });
  opened.defer(() => store.close());
  return store;
}

/** Principals as operators have given them to logins, one by one. */
const principalsIn = (directory: Pick<CredentialDirectory, "findByCredential">): PrincipalDirectory => ({
  findLogin: async (principal) => {
    const login = await directory.findByCredential("kerberos-principal", [principal]);
    return isFault(login) ? login : login?.name;
  },
});
