import { Krb5Contexts } from "./binding/krb5.ts";
import { loadNative, type Native } from "./binding/native.ts";
import { GssapiExchange } from "./gssapi-exchange.ts";
import { acceptKpop, type KpopOutcome } from "./kpop-handshake.ts";
import type { Layer } from "./layer-offer.ts";
import { REPLAY_TTL_SECONDS, type ReplayStore } from "./replay-guard.ts";

/** How tickets are accepted. */
export interface KerberosSettings {
  /** E.g. `FILE:/etc/poplar/pop.keytab`; `undefined`: as libkrb5 finds it (`KRB5_KTNAME`, krb5.conf). */
  readonly keytab: string | undefined;
  /**
   * Refuses clients that do not ask us to prove ourselves. A recording of their login lacks nothing, so that only the
   * replay guard stands between it and a second login.
   */
  readonly requiresMutual: boolean;
  /** What is offered after a GSSAPI login, as far as the client's context can do it. At least one. */
  readonly layers: readonly Layer[];
  /** Longest token of a security layer that we take, in octets: at most 16,777,215. */
  readonly layerTokenOctetsMax: number;
  /** Twice the `clockskew` of krb5.conf, in seconds, or more. */
  readonly replayTtlSeconds: number;
}

export const KERBEROS_DEFAULTS: KerberosSettings = {
  keytab: undefined,
  requiresMutual: false,
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

/** Accepts tickets for `pop/…`, by GSSAPI and by KPOP. The keytab is read again each time. */
export class KerberosAcceptor implements Disposable {
  readonly #parts: AcceptorParts;

  private constructor(parts: AcceptorParts) {
    this.#parts = parts;
  }

  /** Loads the libraries. Rejects with `KerberosUnavailable` where there are none. */
  static async load(settings: KerberosSettings, replays: ReplayStore): Promise<KerberosAcceptor> {
    const native = await loadNative();
    return new KerberosAcceptor({ native, contexts: new Krb5Contexts(native), replays, settings });
  }

  /**
   * Begins a SASL GSSAPI exchange. RFC 4752.
   *
   * @param bound channel-binding data, prefix and all, e.g. `tls-exporter:…`: a client that binds to another channel is
   *   refused, and one that binds to none is not.
   */
  beginGssapi(bound?: Uint8Array): GssapiExchange {
    return new GssapiExchange(this.#parts, bound);
  }

  /** Takes the AP-REQ of a KPOP handshake. */
  async acceptKpop(apReq: Uint8Array): Promise<KpopOutcome> {
    return acceptKpop(this.#parts, apReq);
  }

  /** Frees what is kept between accepts. Exchanges under way end well. */
  [Symbol.dispose](): void {
    this.#parts.contexts[Symbol.dispose]();
  }
}
