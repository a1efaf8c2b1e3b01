/** What protects the octets after the login. RFC 4752 §3.3. */
export type Layer = "none" | "integrity" | "confidentiality";

const BIT: Readonly<Record<Layer, number>> = { none: 1, integrity: 2, confidentiality: 4 };
const OFFER_OCTETS = 4;
/** The most that three octets can say. */
export const LAYER_OCTETS_MAX = 0xffffff;

/** What the client chose. */
export interface LayerAnswer {
  readonly layer: Layer;
  /** The longest token that the client can take; 0 without a layer. */
  readonly tokenOctetsMax: number;
  /** `undefined` when the client asks for nobody else than itself. */
  readonly authzid: string | undefined;
}

/**
 * The offer of the server, before it is wrapped: one octet of layers, three of the longest token. RFC 4752
 * §3.2.
 */
export function encodeOffer(layers: readonly Layer[], tokenOctetsMax: number): Uint8Array {
  const bits = layers.reduce((sum, layer) => sum | BIT[layer], 0);
  const octets = layers.some((layer) => layer !== "none") ? Math.min(tokenOctetsMax, LAYER_OCTETS_MAX) : 0;
  const offer = Buffer.alloc(OFFER_OCTETS);
  offer.writeUInt32BE(octets);
  offer[0] = bits;
  return offer;
}

/**
 * Reads the client's answer, unwrapped. RFC 4752 §3.1.
 *
 * One trailing NUL of the authzid is dropped: fetchmail before 6.5 counts it in.
 *
 * @returns `undefined` when it is malformed, or does not choose exactly one layer.
 */
export function parseAnswer(octets: Uint8Array): LayerAnswer | undefined {
  if (octets.length < OFFER_OCTETS) return undefined;
  const header = new DataView(octets.buffer, octets.byteOffset, OFFER_OCTETS);
  const layer = layerOf(header.getUint8(0));
  const authzid = authzidOf(octets.subarray(OFFER_OCTETS));
  if (layer === undefined || authzid === undefined) return undefined;
  const tokenOctetsMax = layer === "none" ? 0 : header.getUint32(0) & LAYER_OCTETS_MAX;
  return { layer, tokenOctetsMax, authzid: authzid === "" ? undefined : authzid };
}

function layerOf(bits: number): Layer | undefined {
  switch (bits) {
    case BIT.none:
      return "none";
    case BIT.integrity:
      return "integrity";
    case BIT.confidentiality:
      return "confidentiality";
    default:
      return undefined;
  }
}

function authzidOf(octets: Uint8Array): string | undefined {
  const named = octets.at(-1) === 0 ? octets.subarray(0, -1) : octets;
  if (named.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(named);
  } catch {
    return undefined;
  }
}
