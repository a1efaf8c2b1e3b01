import type { ExtraExchange, ExtraMechanism } from "@poplar/auth";
import {
  faultOf,
  isRefusal,
  type SecurityLayer as KerberosLayer,
  type KerberosRefusal,
} from "@poplar/kerberos";
import type { Peer, SecurityLayer } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import { type KerberosDoor, loginOf, turnAway } from "./kerberos-door.ts";

/**
 * What clients of GSSAPI bind to, where they bind to anything: Active Directory and Cyrus SASL to the
 * certificate (RFC 5929 §4), others to the connection (RFC 9266). `tls-unique` is for mechanisms that name
 * their type.
 */
const CHANNEL_TYPES = ["tls-server-end-point", "tls-exporter"] as const;

/** SASL GSSAPI. RFC 4752. */
export class GssapiMechanism implements ExtraMechanism {
  readonly name = "GSSAPI";
  readonly #door: KerberosDoor;
  readonly #requiresChannelBinding: boolean;

  constructor(door: KerberosDoor, { requiresChannelBinding }: { readonly requiresChannelBinding: boolean }) {
    this.#door = door;
    this.#requiresChannelBinding = requiresChannelBinding;
  }

  /** With TLS and without: no secret goes over the line. */
  isPossible(peer: Peer): boolean {
    return !this.#requiresChannelBinding || peer.isTlsActive;
  }

  begin(peer: Peer): ExtraExchange {
    const exchange = this.#door.acceptor.beginGssapi(channelsOf(peer));
    return {
      next: async (response) => {
        const step = await exchange.next(response);
        if (step.step === "challenge") return step;
        if (step.step === "refused") return { step: "refused", ...turnAway(this.#door, step.why, peer) };
        const { principal, securityLayer } = step.who;
        const found = await loginOf(this.#door, { principal, asked: step.authzid }, peer);
        if ("why" in found) {
          securityLayer?.close();
          return { step: "refused", ...found };
        }
        const layer = securityLayer && layerOn(securityLayer, this.#door, peer);
        return { step: "authenticated", who: { ...found, securityLayer: layer }, authzid: undefined };
      },
      close: () => exchange.close(),
    };
  }
}

/** Asked only when an exchange begins: it takes the certificate apart. */
function channelsOf(peer: Peer): readonly Uint8Array[] {
  const bindings = peer.channelBindings();
  return CHANNEL_TYPES.flatMap((type) => {
    const octets = bindings.get(type);
    return octets === undefined ? [] : [Buffer.concat([Buffer.from(`${type}:`), octets])];
  });
}

function layerOn(layer: KerberosLayer, door: KerberosDoor, peer: Peer): SecurityLayer {
  const told = (octets: Uint8Array | KerberosRefusal): Uint8Array | Fault => {
    if (!isRefusal(octets)) return octets;
    turnAway(door, octets, peer);
    return faultOf(octets);
  };
  return {
    wrap: async (octets) => told(await layer.wrap(octets)),
    unwrap: async (octets) => told(await layer.unwrap(octets)),
    close: () => layer.close(),
  };
}
