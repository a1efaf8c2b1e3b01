import type { ExtraMechanism } from "@poplar/auth";
import { type Config, type KerberosRule, parseKerberosRule } from "@poplar/config";
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
import { redisSettings } from "./redis.ts";
import type { ServiceParts } from "./service.ts";

/** Logins by Kerberos. */
export interface Kerberos {
  /** What the authenticator offers beside its own. */
  readonly mechanisms: readonly ExtraMechanism[];
  /** What stands before POP on a listener of KPOP. */
  prefaces(authenticator: Authenticator): PrefaceAcceptor;
}

/** Where principals that were given to logins one by one are found. */
type PrincipalSource = Pick<CredentialDirectory, "findByCredential">;

/**
 * Loads the Kerberos libraries, when a keytab is configured; else nothing.
 *
 * @returns what makes logins of it, once there is a directory; `undefined` when Kerberos is not switched on.
 * @throws KerberosUnavailable, which says what to install, where there are no libraries.
 */
export async function openKerberos({
  config,
  telemetry,
  opened,
}: ServiceParts): Promise<((principals: PrincipalSource) => Kerberos) | undefined> {
  const settings = kerberosSettings(config);
  if (settings === undefined) return undefined;
  const acceptor = await KerberosAcceptor.load(settings, await openReplays(config, opened));
  opened.defer(() => acceptor[Symbol.dispose]());
  return (principals) => {
    const mapping = { directory: directoryOf(principals), rules: rulesOf(config) };
    const door: KerberosDoor = { acceptor, mapping, log: telemetry.log };
    const kpop = new KpopMechanism(door);
    return {
      mechanisms: [new GssapiMechanism(door, settings), kpop],
      prefaces: (authenticator) => ({ begin: (peer) => new KpopPreface(door, kpop.on(authenticator), peer) }),
    };
  };
}

/** How tickets are accepted; `undefined` when Kerberos is not switched on. */
function kerberosSettings(config: Config): KerberosSettings | undefined {
  if (config.kerberosKeytab === undefined) return undefined;
  return {
    ...KERBEROS_DEFAULTS,
    keytab: `FILE:${config.kerberosKeytab}`,
    requiresMutual: config.kerberosRequireMutual,
    requiresChannelBinding: config.kerberosRequireChannelBinding,
    layers: config.kerberosLayers,
  };
}

const rulesOf = ({ kerberosRules }: Config): readonly KerberosRule[] =>
  kerberosRules.map(parseKerberosRule).filter((rule) => rule !== undefined);

/** Over the fleet in Redis; in memory where one process is all there is. */
async function openReplays(config: Config, opened: AsyncDisposableStack): Promise<ReplayStore> {
  const redis = await redisSettings(config);
  if (redis === undefined) return new MemoryReplayStore();
  const store = await createRedisReplayStore(redis);
  opened.defer(() => store.close());
  return store;
}

const directoryOf = (principals: PrincipalSource): PrincipalDirectory => ({
  findLogin: async (principal) => {
    const login = await principals.findByCredential("kerberos-principal", [principal]);
    return isFault(login) ? login : login?.name;
  },
});
