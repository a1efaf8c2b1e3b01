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

/** What clients of GSSAPI bind to where they bind to anything. RFC 5929 §4. */
const BOUND_TYPE = "tls-server-end-point";

/** SASL GSSAPI. RFC 4752. */
export class GssapiMechanism implements ExtraMechanism {
  readonly name = "GSSAPI";
  readonly #door: KerberosDoor;

  constructor(door: KerberosDoor) {
    this.#door = door;
  }

  /** With TLS and without: no secret goes over the line. */
  isPossible(): boolean {
    return true;
  }

  begin(peer: Peer): ExtraExchange {
    const exchange = this.#door.acceptor.beginGssapi(boundDataOf(peer));
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
function boundDataOf(peer: Peer): Uint8Array | undefined {
  const binding = peer.channelBindings().get(BOUND_TYPE);
  return binding && Buffer.concat([Buffer.from(`${BOUND_TYPE}:`), binding]);
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
