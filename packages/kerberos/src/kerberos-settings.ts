import type { Krb5Contexts } from "./binding/krb5.ts";
import type { Native } from "./binding/native.ts";
import type { Layer } from "./layer-offer.ts";
import { REPLAY_TTL_SECONDS, type ReplayStore } from "./replay-guard.ts";

/** How tickets are accepted. */
export interface KerberosSettings {
  /** E.g. `FILE:/etc/poplar/pop.keytab`; `undefined`: as libkrb5 finds it (`KRB5_KTNAME`, krb5.conf). */
  readonly keytab: string | undefined;
  /**
   * Refuses clients that do not ask us to prove ourselves. A recording of their login lacks nothing, so that
   * only the replay guard stands between it and a second login.
   */
  readonly requiresMutual: boolean;
  /** Refuses clients of GSSAPI that do not bind their login to the channel. KPOP cannot bind. */
  readonly requiresChannelBinding: boolean;
  /** What is offered after a GSSAPI login, as far as the client's context can do it. At least one. */
  readonly layers: readonly Layer[];
  /** Longest token of a security layer that we take, in octets: at most 16,777,215. */
  readonly layerTokenOctetsMax: number;
  /** Twice the `clockskew` of krb5.conf, in seconds, or more. */
  readonly replayTtlSeconds: number;
}

/** Everything offered, the library's own keytab. */
export const KERBEROS_DEFAULTS: KerberosSettings = {
  keytab: undefined,
  requiresMutual: false,
  requiresChannelBinding: false,
  layers: ["none", "integrity", "confidentiality"],
  layerTokenOctetsMax: 64 * 1024,
  replayTtlSeconds: REPLAY_TTL_SECONDS,
};

/** What the exchanges of one acceptor share. */
export interface AcceptorParts {
  readonly native: Native;
  readonly contexts: Krb5Contexts;
  readonly replays: ReplayStore;
  readonly settings: KerberosSettings;
}
