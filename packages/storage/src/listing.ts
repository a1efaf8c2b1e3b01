import type { PackedEntries } from "@poplar/protocol";

const entryOctets = 8;

const NONE = { uids: new Float64Array(0), octets: new Float64Array(0), octetsTotal: 0 };

/**
 * Unpacks what `list` answers: for each message its uid and its octets, 32 bits each.
 *
 * @param packed `null` when there is no message.
 */
export function unpackEntries(
  packed: Uint8Array | null,
): Pick<PackedEntries, "uids" | "octets" | "octetsTotal"> {
  if (packed === null) return NONE;
  const count = packed.byteLength / entryOctets;
  const uids = new Float64Array(count);
  const octets = new Float64Array(count);
  let octetsTotal = 0;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let index = 0; index < count; index += 1) {
    uids[index] = view.getUint32(index * entryOctets);
    const size = view.getUint32(index * entryOctets + 4);
    octets[index] = size;
    octetsTotal += size;
  }
  return { uids, octets, octetsTotal };
}

/**
 * Unpacks what `list` answers of internationalised messages: for each its uid, and one more than the octets
 * of its surrogate, or 0. `null`: there are none.
 */
export function unpackInternationalised(
  packed: Uint8Array | null,
): Pick<PackedEntries, "internationalised" | "surrogateOctets"> {
  if (packed === null) return {};
  const internationalised = new Set<number>();
  const surrogateOctets = new Map<number, number>();
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at < packed.byteLength; at += entryOctets) {
    const uid = view.getUint32(at);
    const octetsAndOne = view.getUint32(at + 4);
    internationalised.add(uid);
    if (octetsAndOne > 0) surrogateOctets.set(uid, octetsAndOne - 1);
  }
  return { internationalised, surrogateOctets };
}
