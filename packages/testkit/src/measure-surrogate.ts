import { SurrogateMeter } from "@poplar/protocol";

/** Octets of the surrogate of a message in wire form, as `delivery` counts them. RFC 6858. */
export function measureSurrogate(wire: Iterable<Uint8Array>): number {
  const meter = new SurrogateMeter();
  for (const slice of wire) meter.take(slice);
  return meter.finish();
}
