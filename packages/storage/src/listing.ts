import type { PackedEntries } from "@poplar/protocol";

const uidOctets = 4;

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

/** Unpacks uids of 32 bits each; `undefined` for `null`: there are none. */
export function unpackUids(packed: Uint8Array | null): ReadonlySet<number> | undefined {
  if (packed === null) return undefined;
  const uids = new Set<number>();
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at < packed.byteLength; at += uidOctets) uids.add(view.getUint32(at));
  return uids;
}
