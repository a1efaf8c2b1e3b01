import { Refusal } from "../refusal.ts";
import type { KnownUidl } from "./known-uidl.ts";

/** Versions of `cyrus.index` whose header has the UIDVALIDITY where it is looked for: Cyrus 2.4 to 3.10. */
const versionMin = 12;
const versionMax = 19;

const expunged = 0xc000_0000;

/**
 * Reads a `cyrus.index`: numbers of 32 bits in network order, in a header and in a record for each message.
 * A message file is called by its UID and a dot; the unique-id is UIDVALIDITY, dot, UID.
 */
export function cyrusUidls(index: Buffer): ReadonlyMap<string, KnownUidl> {
  if (index.length < 96) throw unreadable("it is too short");
  const version = index.readUInt32BE(8);
  if (version < versionMin || version > versionMax) throw unreadable(`it has version ${version}`);
  const start = index.readUInt32BE(12);
  const recordOctets = index.readUInt32BE(16);
  const records = index.readUInt32BE(20);
  const validity = index.readUInt32BE(44);
  if (start < 96 || recordOctets < 36 || index.length < start + records * recordOctets) {
    throw unreadable("it is cut short");
  }
  const known = new Map<string, KnownUidl>();
  for (let record = 0; record < records; record += 1) {
    const at = start + record * recordOctets;
    const uid = index.readUInt32BE(at);
    if ((index.readUInt32BE(at + 32) & expunged) !== 0) continue;
    known.set(`${uid}.`, { uniqueId: `${validity}.${uid}`, order: uid });
  }
  return known;
}

const unreadable = (why: string): Refusal =>
  new Refusal(
    "refused",
    "index-unreadable",
    `The cyrus.index cannot be read: ${why}. Let Cyrus show the mail itself: poplar import pop.`,
  );
