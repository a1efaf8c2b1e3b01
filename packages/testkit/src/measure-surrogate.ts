import { isAscii, isUtf8 } from "node:buffer";
import { SurrogateMeter } from "@poplar/protocol";

/** Octets of the surrogate of a message in wire form, as `delivery` counts them. RFC 6858. */
export function measureSurrogate(wire: Iterable<Uint8Array>): number {
  const meter = new SurrogateMeter();
  for (const slice of wire) meter.take(slice);
  return meter.finish();
}

/** Whether the header of a message in wire form has UTF-8 in it, which a client has to declare. RFC 6532. */
export function hasUtf8Header(wire: Iterable<Uint8Array>): boolean {
  const message = Buffer.concat([Buffer.from("\r\n"), ...wire]);
  const end = message.indexOf("\r\n\r\n");
  const header = end === -1 ? message : message.subarray(0, end);
  return isUtf8(header) && !isAscii(header);
}
