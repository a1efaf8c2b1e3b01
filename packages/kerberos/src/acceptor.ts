import { Krb5Contexts } from "./binding/krb5.ts";
import { loadNative } from "./binding/native.ts";
import { GssapiExchange } from "./gssapi-exchange.ts";
import type { AcceptorParts, KerberosSettings } from "./kerberos-settings.ts";
import { acceptKpop, type KpopOutcome } from "./kpop-handshake.ts";
import type { ReplayStore } from "./replay-guard.ts";

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
   * @param channels what a client may bind to, prefix and all, e.g. `tls-exporter:…`, the likeliest first:
   *   one that binds to anything else is refused, and one that binds to nothing only if the settings say so.
   */
  beginGssapi(channels: readonly Uint8Array[] = []): GssapiExchange {
    return new GssapiExchange(this.#parts, channels);
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
